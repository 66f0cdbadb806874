"""User calls (RFC 9293 §3.10.1 to §3.10.5): what the machine has to say, and what a call means beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine import closing
from estab.engine.occasion import Occasion
from estab.engine.transitions import consult
from estab.machine.states import FIN_SENT, State, mask
from estab.machine.stimuli import Stimulus

if TYPE_CHECKING:
    from estab.engine.tcb import Tcb


def open_actively(tcb: Tcb, now_ns: int, data: bytes = b"") -> None:
    """Active OPEN; `data` waits in front of the SYN, which may take some of it along (Fast Open)."""
    if data:
        tcb.early = bytearray(data)
    consult(tcb, Stimulus.ACTIVE_OPEN, Occasion(now_ns))


def open_passively(tcb: Tcb, now_ns: int) -> None:
    """Passive OPEN."""
    consult(tcb, Stimulus.PASSIVE_OPEN, Occasion(now_ns))
    tcb.passive_origin = True


def send(tcb: Tcb, data: bytes | memoryview, now_ns: int, *, urgent: bool = False, more: bool = False, end_of_record: bool = False) -> int:
    """SEND; raises CallRefused where the state does not allow it.  Remembers that room is wanted if not all was taken."""
    occasion = Occasion(now_ns)
    occasion.data, occasion.urgent = data, urgent
    occasion.more, occasion.end_of_record = more, end_of_record
    consult(tcb, Stimulus.SEND, occasion)
    if occasion.taken < len(data):
        tcb.room_wanted = True
    return occasion.taken


def receive(tcb: Tcb, max_bytes: int, now_ns: int, *, peek: bool = False) -> bytes:
    """RECEIVE; may make an ACK worth sending, because a window has opened (RFC 9293 §3.8.6.2.2)."""
    receiver = tcb.receiver
    if receiver is None:
        return b""
    text = receiver.read(max_bytes, peek=peek)
    if not peek:
        receiver.shape.on_read(receiver, now_ns)
        acks = tcb.acks
        if acks is not None and tcb.state is not State.CLOSED and acks.wants_ack_after_read(receiver, len(text)):
            acks.owed = acks.now = True
    return text


def shut_down(tcb: Tcb, now_ns: int) -> None:
    """No more SENDs: a FIN behind the data; nothing happens where one is queued already."""
    if tcb.close_queued or mask(tcb.state) & FIN_SENT or tcb.state in {State.CLOSED, State.LISTEN}:
        return
    consult(tcb, Stimulus.CLOSE, Occasion(now_ns))


def close(tcb: Tcb, now_ns: int) -> None:
    """CLOSE of both directions: the user is gone.  Unread data or a linger time of zero abort (RFC 2525 §2.17, SO_LINGER)."""
    if tcb.state is State.CLOSED:
        return
    receiver = tcb.receiver
    if receiver is not None and receiver.unread_bytes and tcb.state is not State.TIME_WAIT:
        tcb.config.counters.add("TcpExt.TCPAbortOnClose")
        abort(tcb, now_ns)
        return
    if tcb.settings.linger_s == 0 and tcb.state is not State.TIME_WAIT:
        tcb.config.counters.add("TcpExt.TCPAbortOnData")
        abort(tcb, now_ns)
        return
    tcb.orphan = True
    if tcb.sender is not None:
        tcb.sender.is_orphan = True
    if tcb.state is State.LISTEN:
        consult(tcb, Stimulus.CLOSE, Occasion(now_ns))
    else:
        shut_down(tcb, now_ns)
    if not closing.watch_orphan(tcb, now_ns):
        tcb.config.counters.add("TcpExt.TCPAbortOnLinger")
        abort(tcb, now_ns)


def abort(tcb: Tcb, now_ns: int) -> None:
    """ABORT; nothing to do where there is no connection."""
    if tcb.state is not State.CLOSED:
        consult(tcb, Stimulus.ABORT, Occasion(now_ns))


def write_room(tcb: Tcb) -> int:
    """What a SEND would take now."""
    if tcb.sender is not None:
        return tcb.sender.write_room_bytes()
    if tcb.state is State.CLOSED:
        return 0
    size: int = tcb.settings.sndbuf_bytes or tcb.config.knobs.tcp_wmem[1]
    return max(0, size - (len(tcb.early) if tcb.early else 0))
