"""handshake.rejected_icmp: what a host shows of it, and what comes near."""

from __future__ import annotations

import dataclasses

import pytest

from estab.snapshot import TimerKind
from tests.host_rules.hosts import facts_of, found, socket

CODE = "handshake.rejected_icmp"
MOVED = {"Icmp.InDestUnreachs": 9, "TcpExt.LockDroppedIcmps": 1, "Tcp.ActiveOpens": 1}


@pytest.mark.parametrize(("retransmits", "expected"), [(0, 1), (4, 0)])
def test_errors_about_an_open_connection_that_repeats_its_data_reject_no_attempt(retransmits: int, expected: int) -> None:
    timer = TimerKind.RETRANSMIT if retransmits else TimerKind.NONE
    open_ = dataclasses.replace(socket(retransmits=retransmits, unacked_segments=1, last_ack_recv_ms=5_000), timer=timer)
    assert len(found(CODE, facts_of(MOVED, before=[open_], after=[open_]))) == expected
