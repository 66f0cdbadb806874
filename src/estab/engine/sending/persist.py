"""Probing a window that is closed or too small for what waits (RFC 9293 §3.8.6.1): what a lost window update cannot stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.emission import conclude_burst, emit
from estab.engine.sending.outgoing import Action, Outgoing, SenderVerdict
from estab.engine.sending.patience import clamped_probe_us, judge_probes
from estab.engine.sending.retransmit import put_ready
from estab.engine.sending.timers import clear_timer, set_timer, window_probe_wait_us
from estab.engine.sending.variables import NO_TIMER, PROBE, is_urgent, window_end

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables

PROBED = SenderVerdict(Action.PROBED_WINDOW)


def on_probe_timer(sender: SendVariables, now_ns: int) -> SenderVerdict:
    """The probe is due."""
    if has_left(sender):
        sender.probes_out, sender.probes_stamp_ns = 0, -1
        return SenderVerdict(Action.NOTHING)
    verdict = judge_probes(sender, now_ns)
    if verdict is not None:
        return verdict
    wake(sender, now_ns)
    if has_left(sender):
        sender.probes_out, sender.backoff, sender.probes_stamp_ns = 0, 0, -1
        return PROBED
    sender.probes_out += 1
    if sender.backoff < sender.limits.retries2:
        sender.backoff += 1
    set_timer(sender, PROBE, clamped_probe_us(sender, window_probe_wait_us(sender), now_ns), now_ns)
    return PROBED


def has_left(sender: SendVariables) -> bool:
    """Nothing waits any more, or something is under way whose ACK will tell the window."""
    return sender.packets_out > 0 or sender.snd_nxt >= sender.write_seq


def wake(sender: SendVariables, now_ns: int) -> None:
    """Sends what the window has room for, however small and whatever held it back; into a closed one, a segment that asks for
    an ACK.

    That one has no payload and lies below SND.UNA (as Linux probes), so that the peer answers with its window.
    """
    room = window_end(sender) - sender.snd_nxt
    buffer = sender.buffer
    length = buffer.records[0].end - sender.snd_nxt if buffer is not None else 0
    if sender.snd_nxt < sender.write_seq and room > 0:
        if buffer is not None:
            buffer.records[0].push = True
        length = min(length, room, sender.mss_bytes)
        outgoing = emit(sender, length, now_ns)
        outgoing.psh = bool(length)
        assert sender.tail is not None
        sender.tail.psh = outgoing.psh
        sender.pushed_seq = max(sender.pushed_seq, sender.snd_nxt)
        put_ready(sender, outgoing)
        conclude_burst(sender, now_ns)
        return
    sender.counters["TcpExt.TCPWinProbe"] += 1
    put_ready(sender, window_probe(sender))


def window_probe(sender: SendVariables) -> Outgoing:
    """A segment without payload that the peer cannot but answer."""
    urgent = sender.snd_up - 1 if is_urgent(sender) else None
    seq = sender.snd_una - (0 if urgent is not None else 1)
    return Outgoing(seq, b"", False, False, False, 0, urgent, False, False, is_probe=True)


def on_answer(sender: SendVariables, now_ns: int) -> None:
    """An ACK while nothing is under way: has it opened the window for what waits?"""
    buffer = sender.buffer
    if sender.snd_nxt >= sender.write_seq:
        return
    first = sender.write_seq
    if buffer is not None and (len(buffer.records) > 1 or sender.fin_position is None):
        first = buffer.records[0].end
    if first <= window_end(sender):
        sender.backoff, sender.probes_stamp_ns = 0, -1
        if sender.timer_kind == PROBE:
            clear_timer(sender)
    else:
        set_timer(sender, PROBE, clamped_probe_us(sender, window_probe_wait_us(sender), now_ns), now_ns)
    assert sender.timer_kind in {PROBE, NO_TIMER}
