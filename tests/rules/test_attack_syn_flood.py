from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import attack_syn_flood
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def flood(capture: Capture, count: int, *, every: str = "2ms", sources: int = 250, answered: bool = True, syns: int = 1) -> None:
    talks = []
    for number in range(count):
        talk = capture.talk(client=f"100.64.{number % sources // 200}.{number % sources % 200 + 1}", server="10.0.0.2:80").client("S")
        if answered:
            talk.server("SA")
        talks.append(talk)
        capture.wait(every)
    for _ in range(syns - 1):
        capture.wait("1s")
        for talk in talks:
            talk.client("S", again=True)
    capture.wait("1s")


@pytest.mark.parametrize("answered", [True, False])
def test_fires_for_many_sources(capture: Capture, answered: bool) -> None:
    flood(capture, 120, answered=answered)
    (finding,) = attack_syn_flood.check(capture.facts())
    assert (finding.count, finding.severity, str(finding.subject), finding.confidence) == (120, Severity.CRITICAL, "10.0.0.2:80", 0.97)
    assert "forged" in str(finding.cause)


def test_fires_for_one_source_with_less_certainty(capture: Capture) -> None:
    flood(capture, 120, sources=1)
    (finding,) = attack_syn_flood.check(capture.facts())
    assert finding.confidence == 0.85 and "few hosts" in str(finding.cause)


def test_its_victims_belong_to_it(capture: Capture) -> None:
    flood(capture, 60)
    victim = capture.talk(client="10.0.0.1", server="10.0.0.2:80").client("S").wait("1s").client("S", again=True)
    flood(capture, 60)
    assert victim is not None
    (finding,) = attack_syn_flood.check(capture.facts())
    assert finding.count == 120 and 60 in finding.connections and "1 other client " in str(finding.evidence[-1].text)


def quiet_real_clients_wait(capture: Capture) -> None:
    flood(capture, 120, answered=False, syns=3)


def quiet_slow(capture: Capture) -> None:
    flood(capture, 120, every="200ms")


def quiet_few(capture: Capture) -> None:
    flood(capture, 40)


def quiet_burst_that_completes(capture: Capture) -> None:
    for _ in range(120):
        capture.talk().open().close()


def quiet_among_many_that_complete(capture: Capture) -> None:
    for number in range(300):
        capture.talk(server="10.0.0.2:80").open().close()
        if number % 5 == 0:
            capture.talk(client="100.64.0.1", server="10.0.0.2:80").client("S").server("SA")
    capture.wait("2s")


def quiet_refused(capture: Capture) -> None:
    for _ in range(120):
        capture.talk().client("S").server("RA", seq=0)
    capture.wait("2s")


def quiet_capture_ends_at_once(capture: Capture) -> None:
    for _ in range(120):
        capture.talk().client("S")


@pytest.mark.parametrize(
    "scene",
    [
        quiet_real_clients_wait,
        quiet_slow,
        quiet_few,
        quiet_burst_that_completes,
        quiet_among_many_that_complete,
        quiet_refused,
        quiet_capture_ends_at_once,
    ],
)
def test_quiet(capture: Capture, scene: Callable[[Capture], None]) -> None:
    scene(capture)
    assert list(attack_syn_flood.check(capture.facts())) == []


@pytest.mark.parametrize(("name", "members"), [("syn_flood_cookies.server.pcap", 400), ("syn_flood_no_cookies.server.pcap", 401)])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, members: int) -> None:
    (finding,) = attack_syn_flood.check(laboratory(name))
    assert (finding.count, len(finding.members), finding.severity) == (400, members, Severity.CRITICAL)


@pytest.mark.parametrize("name", ["port_scan.server.pcap", "accept_overflow.server.pcap", "timewait_pileup_server.server.pcap.gz"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(attack_syn_flood.check(laboratory(name))) == []
