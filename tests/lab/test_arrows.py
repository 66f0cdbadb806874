"""Every arrow of the state diagram along which a kernel goes can be seen in a scenario."""

from __future__ import annotations

from estab.lab.library import load
from estab.lab.runner import run_scenario
from estab.lab.timeline import StateRecord
from estab.machine.diagram import ROUTES
from estab.machine.states import State

SHOWN_BY = (
    "address_in_use",
    "close_in_syn_received",
    "four_segment_close",
    "old_duplicate_syn",
    "refused",
    "simultaneous_close",
    "syn_in_time_wait",
)

UNREACHABLE = {
    (State.LISTEN, State.SYN_SENT): "SEND on a listening socket: connect() gives EISCONN there",
    (State.SYN_RECEIVED, State.CLOSE_WAIT): "the ACK that comes with the FIN, or before it, makes it ESTABLISHED first",
    (
        State.TIME_WAIT,
        State.SYN_RECEIVED,
    ): "Linux ends TIME-WAIT and gives the SYN to the listener: two arrows in its place (syn_in_time_wait)",
}
"""Arrows of RFC 9293 along which no call of the socket interface and no segment leads, and why."""


def test_every_arrow_is_shown() -> None:
    shown = {
        (record.old, record.new)
        for name in SHOWN_BY
        for record in run_scenario(load(name)).timeline.records
        if isinstance(record, StateRecord)
    }
    assert set(ROUTES) - shown == set(UNREACHABLE)
