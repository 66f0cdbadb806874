from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import loss_rto
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def time_out(transfer: Transfer, first: int, wait: str = "400ms") -> Transfer:
    """Two segments are lost; the first is repeated on silence, the second right after it."""
    return (
        transfer.send(first, first + 1, dropped=True)
        .wait(wait)
        .send(first)
        .wait("20ms")
        .ack(first + 1)
        .send(first + 1)
        .wait("20ms")
        .ack(first + 2)
    )


def test_a_long_wait_is_a_warning_with_its_cost(capture: Capture) -> None:
    time_out(Transfer(capture).bulk(0, 20), 20, "1200ms").bulk(22, 40)
    (finding,) = loss_rto.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.WARNING, 1)
    assert "1.2 s" in str(finding.summary) and "went on" in str(finding.ruled_out[1].because)


def test_one_short_wait_in_a_long_connection_is_a_note(capture: Capture) -> None:
    time_out(Transfer(capture).bulk(0, 20).wait("30s").bulk(20, 40), 40).bulk(42, 60)
    (finding,) = loss_rto.check(capture.facts())
    assert finding.severity is Severity.INFO


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = loss_rto.check(laboratory("rto_burst.server.pcap.gz"))
    assert (finding.severity, finding.count) == (Severity.WARNING, 2)  # TCPTimeouts of that kernel


@pytest.mark.parametrize(
    "name",
    [
        "loss_2pct.server.pcap.gz",
        "fast_retransmit.server.pcap.gz",
        "tail_loss_probe.server.pcap.gz",
        "spurious_rto.server.pcap.gz",  # the original was only late
        "ack_loss.server.pcap.gz",
        "peer_vanished_server.client.pcap.gz",  # never answered
        "zero_window_capture_ends.client.pcap",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(loss_rto.check(laboratory(name))) == []


def test_quiet_where_an_idle_sender_lost_a_segment_before_the_capture_point(capture: Capture) -> None:
    """The silence before belongs to the application: the hole was open for 30 ms only."""
    transfer = Transfer(capture, beside="client").bulk(0, 5).wait("4s").send(5, lost=True).send(6).ack(5, sack=(6, 7))
    transfer.wait("30ms").send(5).ack(7)
    assert list(loss_rto.check(capture.facts())) == []
