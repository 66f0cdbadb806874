"""What stands in the cells of the live table, and the lines about one socket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from estab.instant import MICROSECOND_NS, MILLISECOND_NS, format_duration
from estab.machine.states import State
from estab.snapshot import Owner, SocketSnapshot, TcpInfo, TimerKind
from estab.snapshot_table import SocketArray, endpoint_of
from estab.text import Text, Translator, format_count, msg
from estab.tui.table_rows import Rates, silent_ms

HEADS = (
    msg("state"), msg("local end"), msg("far end"), msg("recv-q"), msg("send-q"), msg("RTT"), msg("resent"), msg("in/s"), msg("out/s"),
    msg("silent"), msg("process"),
)  # fmt: skip
NUMBERS = frozenset(range(3, 10))
"""Columns that are set to the right."""

_TIMERS = {
    TimerKind.NONE: msg("not running"),
    TimerKind.RETRANSMIT: msg("retransmission"),
    TimerKind.KEEPALIVE: msg("keepalive"),
    TimerKind.TIME_WAIT: msg("TIME-WAIT (or an orphan's FIN-WAIT-2)"),
    TimerKind.PERSIST: msg("zero-window probe"),
}
_SIZES = ("", "K", "M", "G", "T")


def short_bytes(number: float) -> str:
    """A number of bytes in at most five characters.

    >>> short_bytes(0), short_bytes(1536), short_bytes(250_000_000)
    ('0', '1.5K', '238M')
    """
    size = 0
    while number >= 1000 and size < len(_SIZES) - 1:
        number, size = number / 1024, size + 1
    return f"{number:.1f}{_SIZES[size]}" if size and number < 10 else f"{number:.0f}{_SIZES[size]}"


def cells_of(sockets: SocketArray, row: int, rates: Rates, owners: Sequence[Owner]) -> tuple[str, ...]:
    """The cells of one row; what the kernel does not tell is empty."""
    record = sockets[row]
    listening = int(record["state"]) == State.LISTEN
    told = bool(record["has_info"]) and not listening
    silent = int(silent_ms(sockets[row : row + 1])[0])
    return (
        State(int(record["state"])).label,
        str(endpoint_of(sockets, row, "local")),
        "" if listening else str(endpoint_of(sockets, row, "remote")),
        format_count(int(record["recv_queue"])),
        format_count(int(record["send_queue"])),
        format_duration(int(record["rtt_us"]) * MICROSECOND_NS) if told and record["rtt_us"] else "",
        format_count(int(record["total_retrans"])) if told else "",
        short_bytes(float(rates.received[row])) if told else "",
        short_bytes(float(rates.acked[row])) if told else "",
        format_duration(silent * MILLISECOND_NS) if told else "",
        ", ".join(f"{owner.command}[{owner.pid}]" for owner in owners),
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """A line about a socket: what it is called, and what it is."""

    name: Text
    said: Text | str


def facts_of(socket: SocketSnapshot) -> Iterator[Fact]:
    """Everything worth knowing of one socket, most telling first."""
    yield Fact(msg("state"), socket.state.label)
    yield Fact(msg("local end"), str(socket.local))
    if socket.state is not State.LISTEN:
        yield Fact(msg("far end"), str(socket.remote))
    if socket.owners:
        held = ", ".join(f"{owner.command} (pid {owner.pid}, fd {owner.descriptor})" for owner in socket.owners)
        yield Fact(msg("held by"), held)
    else:
        yield Fact(msg("held by"), msg("no process that can be seen"))
    yield from _queues(socket)
    if socket.timer is not TimerKind.NONE:
        ends = format_duration(socket.timer_expires_ms * MILLISECOND_NS)
        timer = msg("{timer}, in {time}, {retries} tries so far", timer=_TIMERS[socket.timer], time=ends, retries=socket.timer_retries)
        yield Fact(msg("timer"), timer)
    else:
        yield Fact(msg("timer"), _TIMERS[TimerKind.NONE])
    if socket.info is not None and socket.state is not State.LISTEN:
        yield from _inside(socket, socket.info)
    if socket.memory is not None:
        used, limit = socket.memory.rmem_alloc_bytes, socket.memory.rcvbuf_bytes
        yield Fact(msg("receive memory"), msg("{used} of {limit} bytes", used=format_count(used), limit=format_count(limit)))
        used, limit = socket.memory.wmem_queued_bytes, socket.memory.sndbuf_bytes
        yield Fact(msg("send memory"), msg("{used} of {limit} bytes", used=format_count(used), limit=format_count(limit)))
        if socket.memory.drops:
            yield Fact(msg("packets dropped"), format_count(socket.memory.drops))


def _queues(socket: SocketSnapshot) -> Iterator[Fact]:
    if socket.state is State.LISTEN:
        said = msg("{queue} wait for accept(), the limit is {limit}", queue=socket.recv_queue, limit=socket.send_queue)
        yield Fact(msg("accept queue"), said)
        return
    yield Fact(msg("received, not read"), msg("{count} bytes", count=format_count(socket.recv_queue)))
    yield Fact(msg("written, not acknowledged"), msg("{count} bytes", count=format_count(socket.send_queue)))


def _inside(socket: SocketSnapshot, info: TcpInfo) -> Iterator[Fact]:
    def time_us(number: int) -> str:
        return format_duration(number * MICROSECOND_NS)

    def time_ms(number: int) -> str:
        return format_duration(number * MILLISECOND_NS)

    times = msg(
        "{rtt} ± {variance}, least {least}", rtt=time_us(info.rtt_us), variance=time_us(info.rttvar_us), least=time_us(info.min_rtt_us)
    )
    yield Fact(msg("round trip"), times)
    yield Fact(msg("retransmission timeout"), time_us(info.rto_us))
    window = msg("{count} segments of {size} bytes", count=info.snd_cwnd_segments, size=info.snd_mss_bytes)
    yield Fact(msg("congestion window"), msg("{window}, {name}, {state}", window=window, name=socket.congestion, state=info.ca_state.name))
    yield Fact(msg("far end's window"), msg("{count} bytes", count=format_count(info.snd_wnd_bytes)))
    flight = msg("{sent} sent, {lost} lost, {sacked} reported received", sent=info.unacked_segments, lost=info.lost_segments,
                 sacked=info.sacked_segments)  # fmt: skip
    yield Fact(msg("segments on the way"), flight)
    yield Fact(msg("sent again"), msg("{count} segments", count=format_count(info.total_retrans)))
    moved = msg(
        "{sent} out and acknowledged, {received} in", sent=format_count(info.bytes_acked), received=format_count(info.bytes_received)
    )
    yield Fact(msg("bytes"), moved)
    last = msg("data in {data_in} ago, ACK in {ack_in} ago, data out {data_out} ago", data_in=time_ms(info.last_data_recv_ms),
               ack_in=time_ms(info.last_ack_recv_ms), data_out=time_ms(info.last_data_sent_ms))  # fmt: skip
    yield Fact(msg("last"), last)
    if info.busy_time_us:
        limits = msg("{rwnd} by the far end's window, {sndbuf} by the send buffer", rwnd=_share(info.rwnd_limited_us, info.busy_time_us),
                     sndbuf=_share(info.sndbuf_limited_us, info.busy_time_us))  # fmt: skip
        yield Fact(msg("held up, of {busy} busy", busy=time_us(info.busy_time_us)), limits)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def said(fact: Fact, translator: Translator) -> tuple[str, str]:
    """A fact in the reader's language."""
    return translator(fact.name), fact.said if isinstance(fact.said, str) else translator(fact.said)
