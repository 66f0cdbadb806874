"""The connection under test: between the numbers of the script and those of the wire.

A script counts sequence numbers from each side's SYN and picks its own timestamps; the TCP picks what it likes.  The peer is the script
itself, so its initial number is used as written.  One connection is under test at a time: the one of the last SYN that came in to a
listener, or of the last call that connects.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from estab.drill.script import RAW, OptionKind, OptionSpec, TcpSpec
from estab.seq import wrap
from estab.wire.codec import decode_options
from estab.wire.segment import ACK, AE, CWR, ECE, SYN, Segment

FAST_OPEN_MAGIC = b"\xf9\x89"
"""The experiment's number in option 254 (RFC 6994, RFC 7413 appendix A.1)."""


class Stage(enum.Enum):
    """How far the script has followed the opening."""

    SYN_RECEIVED = enum.auto()
    SYN_ACK_SENT = enum.auto()
    SYN_ACK_ACKED = enum.auto()
    CONNECTING = enum.auto()
    SYN_SENT = enum.auto()
    SYN_ACKED = enum.auto()


class UnknownEchoError(Exception):
    """The script echoes a timestamp that was never sent."""


@dataclass(slots=True)
class Subject:
    """Ports, initial numbers and timestamps of the connection under test."""

    stage: Stage
    local_port: int
    remote_port: int
    remote_isn: int = 0
    local_isn: int = 0
    """As on the wire; the script's own stands in `script_isn`."""
    script_isn: int = 0
    descriptor: int | None = None
    first_tsval: tuple[int, int] | None = None
    """(as written, as sent) of the first outbound timestamp."""
    sent_tsvals: dict[int, int] = field(default_factory=dict)
    """What was sent where the script writes this value."""

    def live_segment(self, spec: TcpSpec, *, ts_ecr_scaled: bool) -> Segment:
        """The segment that the TCP is to receive: its options go through bytes, in the order of the script; its payload is zeros."""
        is_syn = bool(spec.flags & SYN)
        acks = bool(spec.flags & ACK)
        remote = 0 if is_syn else self.remote_isn
        local = self.local_isn - (self.script_isn if is_syn else 0)
        flags = spec.flags if spec.ace is None else spec.flags & ~(AE | CWR | ECE) | _flags_of_ace(spec.ace)
        segment = Segment(
            seq=wrap(spec.seq + remote),
            ack=wrap((spec.ack or 0) + local) if acks else spec.ack or 0,
            flags=flags,
            window=spec.window or 0,
            payload=bytes(spec.payload_bytes),
            urgent=spec.urgent,
        )
        live = [self._live_option(option, local, acks=acks, ts_ecr_scaled=ts_ecr_scaled) for option in spec.options or ()]
        decode_options(b"".join(map(option_bytes, live)), segment)
        return segment

    def _live_option(self, option: OptionSpec, local: int, *, acks: bool, ts_ecr_scaled: bool) -> OptionSpec:
        if option.kind == OptionKind.SACK:
            return OptionSpec(option.kind, tuple(wrap(edge + local) for edge in option.numbers))
        if option.kind == OptionKind.TIMESTAMPS and acks:
            value, echo = option.numbers
            return OptionSpec(option.kind, (value, self._live_echo(echo, scaled=ts_ecr_scaled)))
        return option

    def _live_echo(self, written: int, *, scaled: bool) -> int:
        """What was sent where the script wrote this value; raises UnknownEchoError."""
        if written in self.sent_tsvals:
            return self.sent_tsvals[written]
        if scaled and self.first_tsval is not None:
            return wrap(written - self.first_tsval[0] + self.first_tsval[1])
        raise UnknownEchoError

    def script_spec(self, segment: Segment, options: tuple[OptionSpec, ...], expected: TcpSpec | None = None) -> TcpSpec:
        """What was sent, in the script's numbers; where `expected` has timestamps these are learnt from it."""
        is_syn = bool(segment.flags & SYN)
        local = self.script_isn - self.local_isn if is_syn else -self.local_isn
        remote = 0 if is_syn else -self.remote_isn
        return TcpSpec(
            flags=segment.flags,
            seq=wrap(segment.seq + local),
            payload_bytes=len(segment.payload),
            ack=wrap(segment.ack + remote) if segment.flags & ACK else None,
            window=segment.window,
            urgent=segment.urgent,
            options=tuple(self._script_option(option, remote, expected) for option in options),
        )

    def _script_option(self, option: OptionSpec, remote: int, expected: TcpSpec | None) -> OptionSpec:
        if option.kind == OptionKind.SACK:
            return OptionSpec(option.kind, tuple(wrap(edge + remote) for edge in option.numbers))
        if option.kind != OptionKind.TIMESTAMPS:
            return option
        value, echo = option.numbers
        written = _timestamps_of(expected)
        if written is not None:
            self.sent_tsvals[written] = value
            self.first_tsval = self.first_tsval or (written, value)
        if self.first_tsval is not None:
            value = wrap(value - self.first_tsval[1] + self.first_tsval[0])
        return OptionSpec(option.kind, (value, echo))


def _timestamps_of(spec: TcpSpec | None) -> int | None:
    for option in (spec.options or ()) if spec is not None else ():
        if option.kind == OptionKind.TIMESTAMPS:
            return option.numbers[0]
    return None


def _flags_of_ace(counter: int) -> int:
    """The three flags that hold the ACE counter, AE first (RFC 9768 §3.2.2.1)."""
    return (AE if counter & 4 else 0) | (CWR if counter & 2 else 0) | (ECE if counter & 1 else 0)


def ace_of_flags(flags: int) -> int:
    """The ACE counter in the flags of a segment."""
    return (4 if flags & AE else 0) | (2 if flags & CWR else 0) | (1 if flags & ECE else 0)


_WIDTHS: dict[int, int] = {OptionKind.MSS: 2, OptionKind.WSCALE: 1, OptionKind.TIMESTAMPS: 4, OptionKind.SACK: 4,
           OptionKind.ACCURATE_ECN_0: 3, OptionKind.ACCURATE_ECN_1: 3}  # fmt: skip


def option_bytes(option: OptionSpec) -> bytes:
    """An option as it stands in a header; RAW is what it says."""
    if option.kind == RAW:
        return option.blob
    if option.kind in {OptionKind.EOL, OptionKind.NOP}:
        return bytes([option.kind])
    width = _WIDTHS.get(option.kind)
    body = option.blob if width is None else b"".join(number.to_bytes(width, "big") for number in option.numbers)
    return bytes([option.kind, 2 + len(body)]) + body


def options_of(header: bytes) -> tuple[OptionSpec, ...]:
    """The options in the bytes that follow the fixed part of a TCP header, paddings included, in their order."""
    options: list[OptionSpec] = []
    position = 0
    while position < len(header):
        kind = header[position]
        if kind <= OptionKind.NOP:
            options.append(OptionSpec(OptionKind(kind)))
            position += 1
            if kind == OptionKind.EOL:
                break
            continue
        length = header[position + 1]
        options.append(_option_from(kind, header[position + 2 : position + length]))
        position += length
    return tuple(options)


def _option_from(kind: int, body: bytes) -> OptionSpec:
    width = _WIDTHS.get(kind)
    if width is None:
        return OptionSpec(kind, blob=body)
    return OptionSpec(kind, tuple(int.from_bytes(body[at : at + width], "big") for at in range(0, len(body), width)))
