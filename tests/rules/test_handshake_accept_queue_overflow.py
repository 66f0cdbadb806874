from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_accept_queue_overflow
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


SERVER = "10.0.0.2:8080"


def accepted(capture: Capture, times: int = 2) -> None:
    """Connections that the kernel takes and the application does not."""
    for _ in range(times):
        capture.talk(server=SERVER).open().client("PA", data=18).server("A")


def served(capture: Capture, times: int, client: str = "10.0.0.1") -> None:
    for _ in range(times):
        capture.talk(client=client, server=SERVER).open().client("PA", data=18).server("PA", data=100).close()


def dropped(capture: Capture, times: int, client: str = "10.0.0.1", *, syns: int = 4) -> None:
    talks = [capture.talk(client=client, server=SERVER).client("S") for _ in range(times)]
    for _ in range(syns - 1):
        capture.wait("1s")
        for talk in talks:
            talk.client("S", again=True)


def codes(capture: Capture) -> list[tuple[int, Severity]]:
    return [(finding.count, finding.severity) for finding in handshake_accept_queue_overflow.check(capture.facts())]


def test_syns_dropped_behind_connections_that_nobody_serves(capture: Capture) -> None:
    accepted(capture)
    dropped(capture, 4)
    (finding,) = handshake_accept_queue_overflow.check(capture.facts())
    assert (finding.count, finding.severity, str(finding.subject)) == (4, Severity.CRITICAL, SERVER)
    assert "2 connections in the queue" in str(finding.cause)
    assert {other.code for other in finding.ruled_out} >= {"attack.syn_flood", "handshake.filtered"}
    assert any(remedy.set == {"net.core.somaxconn": 4096} and remedy.undo for remedy in finding.remedy)


def test_syns_dropped_in_a_burst_and_answered_later(capture: Capture) -> None:
    served(capture, 5)
    talks = [capture.talk(server=SERVER).client("S") for _ in range(8)]
    capture.wait("1s")
    for talk in talks:
        talk.client("S", again=True).server("SA").client("A").client("PA", data=18).server("PA", data=10).close()
    assert codes(capture) == [(8, Severity.CRITICAL)]


def test_syn_acks_repeated_although_the_client_goes_on(capture: Capture) -> None:
    accepted(capture)
    talk = capture.talk(server=SERVER).open(rtt="40ms").client("PA", data=18, dropped=True)
    talk.wait("200ms").client("PA", again=True, dropped=True).wait("800ms").server("SA", again=True).client("A")
    (finding,) = handshake_accept_queue_overflow.check(capture.facts())
    assert finding.count == 1 and finding.confidence == 0.97 and "1 SYN-ACK was repeated" in str(finding.evidence[0].text)


def test_bare_acks_left_aside_at_the_server_itself(capture: Capture) -> None:
    accepted(capture)
    talk = capture.talk(server=SERVER).client("S", ttl=57).server("SA").wait("40ms").client("A", dropped=True, ttl=57)
    for _ in range(2):
        talk.wait("1s").server("SA", again=True).wait("40ms").client("A", dropped=True, ttl=57)
    assert codes(capture) == [(1, Severity.CRITICAL)]


def test_many_bare_acks_left_aside_at_once(capture: Capture) -> None:
    talks = [capture.talk(server=SERVER).open(rtt="20ms") for _ in range(4)]
    capture.wait("1s")
    for talk in talks:
        talk.server("SA", again=True).client("A")
    assert codes(capture) == [(4, Severity.CRITICAL)]


def taken_late(capture: Capture, times: int, *, repeats: int = 3) -> None:
    """Behind a cookie: a repetition of the data, which completes the handshake again, finds room in the queue."""
    talks = [capture.talk(server=SERVER).open().client("PA", data=18, dropped=True) for _ in range(times)]
    served(capture, 1)
    for number in range(repeats):
        capture.wait(f"{300 << number}ms")
        for talk in talks:
            talk.client("PA", again=True, dropped=number < repeats - 1)
    for talk in talks:
        talk.server("A").server("PA", data=100).close()


def test_data_taken_late_behind_a_cookie(capture: Capture) -> None:
    served(capture, 3)
    taken_late(capture, 5)
    (finding,) = handshake_accept_queue_overflow.check(capture.facts())
    assert (finding.count, finding.severity) == (5, Severity.CRITICAL)
    assert "one sent it 3 times again" in str(finding.evidence[0].text)


def test_a_first_segment_lost_here_and_there_is_no_full_queue(capture: Capture) -> None:
    served(capture, 3)
    taken_late(capture, 2)
    assert codes(capture) == []


def test_first_segments_lost_once_are_no_full_queue(capture: Capture) -> None:
    served(capture, 3)
    taken_late(capture, 5, repeats=1)
    assert codes(capture) == []


def test_where_other_data_is_lost_first_segments_are_too(capture: Capture) -> None:
    talk = capture.talk(server=SERVER).open().client("PA", data=18).server("A").client("PA", data=18, dropped=True)
    talk.wait("300ms").client("PA", again=True).server("PA", data=100).close()
    taken_late(capture, 5)
    assert codes(capture) == []


def test_data_ignored_behind_a_cookie(capture: Capture) -> None:
    talks = [capture.talk(server=SERVER).open().client("PA", data=18, dropped=True) for _ in range(3)]
    accepted(capture)
    for pause in ("200ms", "400ms", "800ms"):
        capture.wait(pause)
        for talk in talks:
            talk.client("PA", again=True, dropped=True)
    (finding,) = handshake_accept_queue_overflow.check(capture.facts())
    assert finding.count == 3 and "3 clients completed the handshake" in str(finding.evidence[0].text)


def test_resets_in_the_moment_of_completion(capture: Capture) -> None:
    accepted(capture, 3)
    for _ in range(2):
        capture.talk(server=SERVER).open().server("R")
    (finding,) = handshake_accept_queue_overflow.check(capture.facts())
    assert finding.count == 2 and finding.remedy[-1].set == {"net.ipv4.tcp_abort_on_overflow": 0}


def test_silence_behind_resets_has_the_same_cause(capture: Capture) -> None:
    """At the server itself the listener's last word, a RST, stands before the data that it leaves without any answer."""
    accepted(capture, 2)
    talks = [capture.talk(server=SERVER).client("S").server("SA") for _ in range(4)]
    for talk in talks[:2]:
        talk.client("A").server("R")
    for talk in talks[2:]:
        talk.client("A").client("PA", data=18, dropped=True)
    for wait in ("300ms", "600ms", "1200ms"):
        capture.wait(wait)
        for talk in talks[2:]:
            talk.client("PA", again=True, dropped=True)
    (finding,) = handshake_accept_queue_overflow.check(capture.facts())
    assert finding.count == 4


def test_a_few_among_thousands_are_no_catastrophe(capture: Capture) -> None:
    served(capture, 600)
    accepted(capture, 1)
    talk = capture.talk(server=SERVER).open(rtt="40ms").client("PA", data=18, dropped=True)
    talk.wait("200ms").client("PA", again=True, dropped=True).wait("800ms").server("SA", again=True).client("A")
    assert codes(capture) == [(1, Severity.WARNING)]


def quiet_lost_once(capture: Capture) -> None:
    served(capture, 3)
    capture.talk(server=SERVER).client("S").wait("1s").client("S", again=True).server("SA").client("A").client("PA", data=5).server("A")


def quiet_never_answered(capture: Capture) -> None:
    dropped(capture, 5)


def quiet_other_clients(capture: Capture) -> None:
    """A filter against one client: the others are served all the while."""
    served(capture, 4, "10.0.1.1")
    dropped(capture, 3, "10.0.2.2")


def quiet_host_died(capture: Capture) -> None:
    served(capture, 4)
    capture.wait("1s")
    dropped(capture, 6)


def quiet_lost_acks(capture: Capture) -> None:
    """The client's bare ACK was lost twice; captured at the client."""
    talk = capture.talk(server=SERVER).open(rtt="20ms")
    talk.wait("1s").server("SA", again=True).client("A").wait("2s").server("SA", again=True).client("A")
    talk.client("PA", data=10).server("PA", data=10).close()


def quiet_lossy_path(capture: Capture) -> None:
    """Each tenth SYN is lost, as is each tenth segment."""
    for number in range(40):
        talk = capture.talk(server=SERVER).client("S")
        if number % 10 == 5:
            talk.wait("1s").client("S", again=True)
        talk.server("SA").client("A").client("PA", data=100)
        if number % 10 == 3:
            talk.wait("200ms").client("PA", again=True)
        talk.server("PA", data=10).close()


def quiet_one_reset(capture: Capture) -> None:
    served(capture, 3)
    capture.talk(server=SERVER).open().server("R")


def quiet_application_resets(capture: Capture) -> None:
    """The application closes at once and aborts: RST with ACK."""
    accepted(capture, 2)
    for _ in range(3):
        capture.talk(server=SERVER).open().server("RA")


def quiet_vanished(capture: Capture) -> None:
    """The host is gone: nobody is heard from again."""
    served(capture, 2)
    talk = capture.talk(server=SERVER).open().client("PA", data=18, dropped=True)
    for _ in range(4):
        talk.wait("1s").client("PA", again=True, dropped=True)


QUIET = [
    quiet_lost_once,
    quiet_never_answered,
    quiet_other_clients,
    quiet_host_died,
    quiet_lost_acks,
    quiet_lossy_path,
    quiet_one_reset,
    quiet_application_resets,
    quiet_vanished,
]


@pytest.mark.parametrize("scene", QUIET)
def test_quiet(capture: Capture, scene: Callable[[Capture], None]) -> None:
    scene(capture)
    assert codes(capture) == []


def test_quiet_under_a_flood(capture: Capture) -> None:
    accepted(capture)
    dropped(capture, 4)
    facts = capture.facts()
    facts._claims["attack.syn_flood"] = facts.attempted
    assert list(handshake_accept_queue_overflow.check(facts)) == []


@pytest.mark.parametrize(
    ("name", "count", "confidence"),
    [
        ("accept_overflow_bare.client.pcap", 2, 0.85),
        ("accept_overflow_bare.server.pcap", 2, 0.97),
        ("accept_overflow_far.server.pcap", 4, 0.85),
    ],
)
def test_clients_that_send_nothing_and_clients_far_away(laboratory: Laboratory, name: str, count: int, confidence: float) -> None:
    (finding,) = handshake_accept_queue_overflow.check(laboratory(name))
    assert (finding.count, finding.confidence) == (count, confidence)


@pytest.mark.parametrize("point", ["client", "server"])
@pytest.mark.parametrize(
    ("name", "count"), [("accept_overflow", 4), ("accept_overflow_synack", 3), ("accept_overflow_cookies", 6), ("accept_overflow_abort", 3)]
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, count: int, point: str) -> None:
    (finding,) = handshake_accept_queue_overflow.check(laboratory(f"{name}.{point}.pcap"))
    assert (finding.count, finding.severity) == (count, Severity.CRITICAL)


@pytest.mark.parametrize(
    "name",
    [
        "final_ack_lost.client.pcap",
        "final_ack_lost_twice.client.pcap",
        "final_ack_lost.server.pcap",
        "syn_lost_once.client.pcap",
        "filtered_linear.client.pcap",
        "return_path_blocked.server.pcap",
        "mixed_30.client.pcap",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(handshake_accept_queue_overflow.check(laboratory(name))) == []


def test_data_taken_late_over_real_kernels(laboratory: Laboratory) -> None:
    """Eight clients, a backlog of 1, 0.8 s for each: the kernel counted 27 ListenOverflows and repeated no SYN-ACK."""
    (finding,) = handshake_accept_queue_overflow.check(laboratory("accept_overflow_taken_late.client.pcap"))
    assert finding.severity is Severity.CRITICAL and finding.count >= 4
