"""Comparing: a packet that was sent with the one that is written, a time with the one that was meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from estab.drill.config import Config
from estab.drill.script import EcnCheck, OptionKind, OptionSpec, PacketAction, TcpSpec, TimeKind, When
from estab.drill.spell import spell_flags, spell_options, spell_time
from estab.drill.subject import ace_of_flags
from estab.drill.verdict import Difference
from estab.instant import MICROSECOND_NS
from estab.seq import distance
from estab.text import Text, msg
from estab.wire.segment import AE, CWR, ECE, FIN, PSH

_ACE_FLAGS = AE | CWR | ECE
_PER_PACKET = FIN | PSH | CWR
"""Flags that a burst carries on one of its packets only."""


def tolerance_ns(config: Config, since_last_ns: int) -> int:
    """How far from its time something may happen, that long after the event before it."""
    return max(config.tolerance_ns, int(config.tolerance_percent / 100 * since_last_ns))


def time_difference(when: When, start_ns: int, actual_ns: int, config: Config, since_last_ns: int) -> Difference | None:
    """None where the time is right; `start_ns` is the event's time as an instant."""
    if when.kind is TimeKind.ANY:
        return None
    end_ns = start_ns + (when.until_ns - when.ns if when.until_ns is not None else 0)
    allowed_ns = tolerance_ns(config, since_last_ns)
    if start_ns - allowed_ns <= actual_ns <= end_ns + allowed_ns:
        return None
    expected = spell_time(start_ns) if end_ns == start_ns else f"{spell_time(start_ns)}~{spell_time(end_ns)}"
    return Difference(msg("time"), f"{expected} ±{spell_time(allowed_ns)}", spell_time(actual_ns))


def continues(first: TcpSpec, following: TcpSpec) -> bool:
    """True where two packets in a row may be parts of one that a script writes as one: same headers, the second where the first ends."""
    return (
        (first.seq + first.payload_bytes) % 2**32 == following.seq
        and following.payload_bytes > 0
        and first.flags & ~_PER_PACKET == following.flags & ~_PER_PACKET
        and not first.flags & FIN
        and (first.ack, first.urgent) == (following.ack, following.urgent)
    )


def joined(first: TcpSpec, following: TcpSpec) -> TcpSpec:
    """Both as one: FIN and PSH are those of the last part, CWR that of the first."""
    flags = following.flags & ~CWR | first.flags & CWR
    return replace(first, flags=flags, payload_bytes=first.payload_bytes + following.payload_bytes)


def packet_differences(
    expected: PacketAction, actual: PacketAction, config: Config, elapsed_ns: int, *, several: bool = False
) -> tuple[Difference, ...]:
    """Everything in which a packet is not as written; `elapsed_ns` is the time since the script began.

    `several`: it was put together from several.  PSH is not compared then, for a kernel sets it on everything that it leaves to
    segmentation offload (Linux 5.4, __tcp_transmit_skb), which says nothing about the program's data.
    """
    assert isinstance(expected.body, TcpSpec) and isinstance(actual.body, TcpSpec)
    return (
        *_ip_differences(expected, actual),
        *_header_differences(expected.body, _with_push_of(expected.body, actual.body) if several else actual.body),
        *_option_differences(expected.body.options, actual.body.options or (), config, elapsed_ns),
    )


def _with_push_of(expected: TcpSpec, actual: TcpSpec) -> TcpSpec:
    return replace(actual, flags=actual.flags & ~PSH | expected.flags & PSH)


def _ip_differences(expected: PacketAction, actual: PacketAction) -> Iterator[Difference]:
    wanted, found = expected.ip.ecn, actual.ip.ecn
    if expected.ip.tos is not None:
        wanted = EcnCheck(expected.ip.tos & 3)
    if wanted is EcnCheck.ANY_ECT:
        if found not in {EcnCheck.ECT_0, EcnCheck.ECT_1}:
            yield Difference(msg("ECN field"), "ect0 | ect1", found.name)
    elif wanted is not EcnCheck.NOT_ASKED and wanted is not found:
        yield Difference(msg("ECN field"), wanted.name, found.name)
    if expected.ip.ttl is not None and expected.ip.ttl != actual.ip.ttl:
        yield Difference(msg("TTL"), str(expected.ip.ttl), str(actual.ip.ttl))


def _header_differences(expected: TcpSpec, actual: TcpSpec) -> Iterator[Difference]:
    if expected.ace is not None:
        if (expected.flags & ~_ACE_FLAGS, expected.ace) != (actual.flags & ~_ACE_FLAGS, ace_of_flags(actual.flags)):
            yield Difference(msg("flags"), spell_flags(expected.flags, expected.ace), spell_flags(actual.flags))
    elif expected.flags != actual.flags:
        yield Difference(msg("flags"), spell_flags(expected.flags), spell_flags(actual.flags))
    numbers: tuple[tuple[Text, int | None, int | None], ...] = (
        (msg("sequence number"), expected.seq, actual.seq),
        (msg("payload in bytes"), expected.payload_bytes, actual.payload_bytes),
        (msg("acknowledgment number"), expected.ack or 0, actual.ack or 0),
        (msg("window"), expected.window, actual.window),
        (msg("urgent pointer"), expected.urgent, actual.urgent),
    )
    for what, wanted, found in numbers:
        if wanted is not None and wanted != found:
            yield Difference(what, str(wanted), str(found))


def _option_differences(
    expected: tuple[OptionSpec, ...] | None, actual: tuple[OptionSpec, ...], config: Config, elapsed_ns: int
) -> Iterator[Difference]:
    """Options in their order, paddings too; of timestamps only what the script asks for."""
    if expected is None:
        return
    if len(expected) != len(actual) or not all(map(_same_option, expected, actual)):
        yield Difference(msg("options"), f"<{spell_options(expected)}>", f"<{spell_options(actual)}>")
        return
    for wanted, found in zip(expected, actual, strict=True):
        if wanted.kind == OptionKind.TIMESTAMPS and config.ts_tick_us:
            off_ns = abs(distance(found.numbers[0], wanted.numbers[0])) * config.ts_tick_us * MICROSECOND_NS
            if off_ns > tolerance_ns(config, elapsed_ns):
                yield Difference(msg("TS val"), str(wanted.numbers[0]), str(found.numbers[0]))


def _same_option(expected: OptionSpec, actual: OptionSpec) -> bool:
    if expected.kind == OptionKind.TIMESTAMPS:
        return actual.kind == expected.kind and expected.numbers[1] == actual.numbers[1]
    return expected == actual
