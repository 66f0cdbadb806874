from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity, SubjectKind
from estab.diagnose.rules import rst_abort
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def exchange(capture: Capture) -> Conversation:
    return capture.talk().open().client("PA", data=100).server("PA", data=2000).client("A")


def test_fires_for_a_client_that_aborts_after_the_answer(capture: Capture) -> None:
    exchange(capture).wait("2ms").client("RA")
    (finding,) = rst_abort.check(capture.facts())
    assert (finding.severity, str(finding.subject), finding.count) == (Severity.WARNING, "10.0.0.1", 1)
    (rst,) = finding.evidence
    assert isinstance(rst, PacketsEvidence) and rst.frames == (7,)
    assert "all that it had sent was acknowledged" in str(finding.summary)


def test_counts_what_was_lost(capture: Capture) -> None:
    capture.talk().open().client("PA", data=100).server("PA", data=700).server("RA")
    (finding,) = rst_abort.check(capture.facts())
    assert finding.subject.kind is SubjectKind.LISTENER and "700 bytes" in str(finding.summary)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().wait("5ms").client("RA"),  # a health check
        lambda talk: talk.open().client("PA", data=9).server("FA").client("A").client("RA"),  # after the other's orderly FIN
        lambda talk: talk.open().client("PA", data=9).server("PA", data=9).client("A").wait("60s").server("RA"),  # an idle timeout
    ],
)
def test_a_harmless_abort_is_a_note(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert [finding.severity for finding in rst_abort.check(capture.facts())] == [Severity.INFO]


def test_a_small_share_is_a_note(capture: Capture) -> None:
    for _ in range(40):
        exchange(capture).close()
    exchange(capture).client("RA")
    (finding,) = rst_abort.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.INFO, 1)


def test_many_clients_are_one_finding_about_the_listener(capture: Capture) -> None:
    for number in range(3):
        talk = capture.talk(client=f"10.0.1.{number}").open().client("PA", data=9).server("PA", data=9)
        talk.client("A").client("RA")
    (finding,) = rst_abort.check(capture.facts())
    assert finding.count == 3 and "the clients of 10.0.0.2:80" in str(finding.title)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("S").server("RA", seq=0),  # refused
        lambda talk: talk.open().client("PA", data=9).server("PA", data=9).close().client("RA"),  # after both FINs
        lambda talk: (
            talk.open().client("PA", data=9).server("PA", data=9).client("A").client("FA").server("A").client("RA")
        ),  # after its own FIN
        lambda talk: talk.open().client("PA", data=9).server("A").client("PA", data=9).server("R"),  # no socket was there
        lambda talk: talk.open().client("PA", data=9).server("RA"),  # the request is unread
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(rst_abort.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = rst_abort.check(laboratory("abort_client.client.pcap"))
    assert (finding.count, finding.severity) == (3, Severity.WARNING)


@pytest.mark.parametrize("name", ["rst_data_after_close.client.pcap", "rst_injected.client.pcap", "keepalive_dead.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(rst_abort.check(laboratory(name))) == []
