from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import loss_handshake_ack
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_at_the_client_where_the_ack_went_by(capture: Capture) -> None:
    talk = capture.talk().open(rtt="20ms").wait("1s").server("SA", again=True).client("A")
    talk.client("PA", data=10).server("PA", data=10).close()
    (finding,) = loss_handshake_ack.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.INFO, 1) and "the ACK went by" in str(finding.evidence[0].text)


def test_fires_at_the_server_where_it_did_not(capture: Capture) -> None:
    talk = capture.talk().client("S").server("SA").client("A", lost=True).wait("1s").server("SA", again=True).wait("20ms").client("A")
    talk.client("PA", data=10).server("PA", data=10).close()
    (finding,) = loss_handshake_ack.check(capture.facts())
    assert "had not repeated its SYN" in str(finding.evidence[0].text)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        # the SYN-ACK itself was lost: the client asks again
        lambda talk: (
            talk.client("S").server("SA", dropped=True).wait("1s").client("S", again=True).server("SA", again=True).client("A").close()
        ),
        # a path longer than the timer
        lambda talk: (
            talk.client("S").server("SA").wait("1s").server("SA", again=True).wait("600ms").client("A").client("PA", data=9).server("A")
        ),
        # nothing came of it
        lambda talk: talk.client("S").server("SA").wait("1s").server("SA", again=True),
        # copies within a millisecond
        lambda talk: talk.client("S").server("SA").server("SA", again=True).client("A").client("PA", data=9).server("A"),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(loss_handshake_ack.check(capture.facts())) == []


def test_quiet_where_the_ack_arrived_at_the_server(capture: Capture) -> None:
    """TCP_DEFER_ACCEPT leaves the bare ACK aside: nothing was lost."""
    talk = capture.talk().client("S", ttl=57).server("SA").wait("20ms").client("A", ttl=57)
    talk.wait("1s").server("SA", again=True).wait("20ms").client("A", ttl=57).client("PA", data=10, ttl=57).server("A")
    assert list(loss_handshake_ack.check(capture.facts())) == []


@pytest.mark.parametrize("point", ["client", "server"])
def test_fires_over_real_kernels(laboratory: Laboratory, point: str) -> None:
    (finding,) = loss_handshake_ack.check(laboratory(f"final_ack_lost.{point}.pcap"))
    assert finding.count == 1


@pytest.mark.parametrize("name", ["return_path_blocked.server.pcap", "syn_lost_once.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(loss_handshake_ack.check(laboratory(name))) == []
