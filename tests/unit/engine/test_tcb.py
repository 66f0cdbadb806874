from __future__ import annotations

from estab.engine.events import DATA_ARRIVED, OPENED
from estab.engine.tcb import Tcb
from estab.machine.states import State
from estab.wire.segment import ACK, Segment
from tests.unit.engine.configs import config
from tests.unit.engine.named import in_state


def test_what_stands_last_in_the_queue_is_not_told_twice() -> None:
    tcb = Tcb(config(), 0)
    for event in (DATA_ARRIVED, DATA_ARRIVED, OPENED, DATA_ARRIVED):
        tcb.tell(event)
    assert tcb.events == [DATA_ARRIVED, OPENED, DATA_ARRIVED]


def test_posted_segments_keep_their_order() -> None:
    tcb = Tcb(config(), 0)
    first, second = (Segment(number, 0, ACK, 0) for number in (1, 2))
    tcb.post(first)
    tcb.post(second)
    assert tcb.outbox == [first, second]


def test_snd_nxt_is_known_in_every_phase() -> None:
    opening, established = in_state(State.SYN_SENT).connection, in_state(State.ESTABLISHED).connection
    assert opening.snd_nxt == opening.iss + 1
    established.write(b"abc", 0)
    established.poll_transmit(0)
    assert established.snd_nxt == established.iss + 4
