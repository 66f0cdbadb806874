"""Packets as a script writes them: `[ect0] P. 1:1001(1000) ack 1 win 257 <nop,nop,TS val 2 ecr 1>`, and ICMP errors."""

from __future__ import annotations

import re

from estab.drill.cursor import Cursor
from estab.drill.script import RAW, Direction, EcnCheck, IcmpSpec, IpInfo, OptionKind, OptionSpec, PacketAction, TcpSpec
from estab.drill.tokens import Kind
from estab.text import msg
from estab.wire.segment import ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG

FLAG_LETTERS = {"F": FIN, "S": SYN, "R": RST, "P": PSH, ".": ACK, "U": URG, "E": ECE, "W": CWR, "A": AE}
"""In the order in which they are written."""

_ECN = {
    "noecn": EcnCheck.NOT_ECT, "ect0": EcnCheck.ECT_0, "ect1": EcnCheck.ECT_1, "ce": EcnCheck.CE, "ect01": EcnCheck.ANY_ECT,
}  # fmt: skip
_DIGITS = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_ACE = re.compile(r"\.([0-7])")
_NEVER_TCP = ("udp", "gre", "GREv0", "ipv4", "ipv6", "mpls", "encap", "raw")


def parse_packet(cursor: Cursor) -> PacketAction:
    """A packet, beginning with its direction."""
    direction = Direction(cursor.take().text)
    ip = _parse_ip_info(cursor)
    if ip.ecn is EcnCheck.ANY_ECT and direction is Direction.IN:
        raise cursor.refusal(msg("ect01 leaves a choice; a packet that is sent to the TCP needs one of noecn, ect0, ect1 and ce"))
    if cursor.peek().text in _NEVER_TCP:
        raise cursor.refusal(msg('packets of "{protocol}" are not supported: the engine speaks TCP alone', protocol=cursor.peek().text))
    if cursor.skip("icmp"):
        return PacketAction(direction, ip, _parse_icmp(cursor))
    body = _parse_tcp(cursor)
    if body.options is None and direction is Direction.IN:
        raise cursor.refusal(msg("<...> leaves the options open; a packet that is sent to the TCP needs them"))
    return PacketAction(direction, ip, body)


def _parse_ip_info(cursor: Cursor) -> IpInfo:
    if not cursor.at("[") and not cursor.at("("):
        return IpInfo()
    closing = "]" if cursor.take().text == "[" else ")"
    said: dict[str, int] = {}
    ecn = EcnCheck.NOT_ASKED
    while not cursor.skip(closing):
        word = cursor.word(msg("ECN, tos, flowlabel or ttl"))
        if word in _ECN:
            ecn = _ECN[word]
        elif word in {"tos", "flowlabel"}:
            said[word] = _number(cursor, 0xFF if word == "tos" else 0xFFFFF)
        elif word == "ttl":
            said[word] = _number(cursor, 0xFF)
        else:
            raise cursor.refusal(msg('"{word}" says nothing about an IP header', word=word))
        cursor.skip(",")
    return IpInfo(ecn=ecn, tos=said.get("tos"), flow_label=said.get("flowlabel"), ttl=said.get("ttl"))


def _number(cursor: Cursor, high: int) -> int:
    """A number in either base."""
    if cursor.peek().kind is Kind.HEXADECIMAL and int(cursor.peek().text, 16) <= high:
        return int(cursor.take().text, 16)
    return cursor.integer(msg("a number"), 0, high)


def _parse_tcp(cursor: Cursor) -> TcpSpec:
    ports = None
    if cursor.peek().kind is Kind.INTEGER and cursor.peek(1).text == ">":
        source = cursor.integer(msg("a port"), 1, 0xFFFF)
        cursor.expect(">")
        ports = (source, cursor.integer(msg("a port"), 1, 0xFFFF))
    flags, ace = _parse_flags(cursor)
    seq, payload_bytes = _parse_range(cursor)
    ack = cursor.integer(msg("an acknowledgment number")) if cursor.skip("ack") else None
    window = cursor.integer(msg("a window"), 0, 0xFFFF) if cursor.skip("win") else None
    urgent = cursor.integer(msg("an urgent pointer"), 0, 0xFFFF) if cursor.skip("urg") else 0
    options: tuple[OptionSpec, ...] | None = ()
    if cursor.skip("<"):
        if cursor.skip("..."):
            cursor.expect(">")
            options = None
        else:
            options = _parse_options(cursor)
    return TcpSpec(
        flags=flags, seq=seq, payload_bytes=payload_bytes, ack=ack, window=window, urgent=urgent, options=options, ace=ace, ports=ports
    )


def _parse_flags(cursor: Cursor) -> tuple[int, int | None]:
    """Flags, and the ACE counter where it is written as a number behind the dot: `P.5`."""
    token = cursor.peek()
    if cursor.skip("-"):
        return 0, None
    flags = 0
    if token.kind is Kind.WORD:
        for letter in token.text:
            if letter not in FLAG_LETTERS:
                raise cursor.refusal(msg('"{found}" is no set of flags (F S R P . U E W A, or - for none)', found=token.text))
            flags |= FLAG_LETTERS[letter]
        cursor.take()
        if cursor.peek().follows_space:
            return flags, None
    last = cursor.peek()
    if cursor.skip("."):
        return flags | ACK, None
    if last.kind is Kind.FRACTION and (counter := _ACE.fullmatch(last.text)):
        cursor.take()
        return flags | ACK, int(counter[1])
    if token.kind is not Kind.WORD:
        raise cursor.refusal(msg("expected the flags of a segment here, not {found}", found=cursor.found()))
    return flags, None


def _parse_range(cursor: Cursor) -> tuple[int, int]:
    """`first:end(length)`: the first number and the length, which must agree with the end."""
    place = cursor.peek().place
    first = cursor.integer(msg("a sequence number"))
    cursor.expect(":")
    end = cursor.integer(msg("a sequence number"))
    cursor.expect("(")
    length = cursor.integer(msg("a length in bytes"), 0, 0xFFFF)
    cursor.expect(")")
    if (first + length - end) % 2**32:
        raise cursor.refusal(msg("{first} plus {length} bytes is not {end}", first=first, length=length, end=end), place)
    return first, length


def _parse_options(cursor: Cursor) -> tuple[OptionSpec, ...]:
    options = [_parse_option(cursor)]
    while cursor.skip(","):
        options.append(_parse_option(cursor))
    cursor.expect(">")
    return tuple(options)


def _parse_option(cursor: Cursor) -> OptionSpec:
    place = cursor.peek().place
    name = cursor.word(msg("a TCP option"))
    match name:
        case "nop":
            return OptionSpec(OptionKind.NOP)
        case "eol":
            return OptionSpec(OptionKind.EOL)
        case "sackOK":
            return OptionSpec(OptionKind.SACK_OK)
        case "mss":
            return OptionSpec(OptionKind.MSS, (cursor.integer(msg("a segment size"), 0, 0xFFFF),))
        case "wscale":
            return OptionSpec(OptionKind.WSCALE, (cursor.integer(msg("a window shift"), 0, 0xFF),))
        case "sack":
            return OptionSpec(OptionKind.SACK, _parse_blocks(cursor))
        case "TS":
            return OptionSpec(OptionKind.TIMESTAMPS, _parse_timestamps(cursor))
        case "md5":
            return OptionSpec(OptionKind.MD5, blob=_parse_blob(cursor))
        case "FO":
            return OptionSpec(OptionKind.FAST_OPEN, blob=_parse_blob(cursor))
        case "FOEXP":
            return OptionSpec(OptionKind.EXPERIMENTAL, blob=b"\xf9\x89" + _parse_blob(cursor))
        case "ECN":
            return _parse_accurate_ecn(cursor)
        case "opt":
            return OptionSpec(cursor.integer(msg("the number of an option"), 2, 0xFF), blob=_parse_blob(cursor))
        case "raw":
            return OptionSpec(RAW, blob=_parse_blob(cursor))
    raise cursor.refusal(msg('no TCP option is called "{name}"', name=name), place)


def _parse_blocks(cursor: Cursor) -> tuple[int, ...]:
    edges: list[int] = []
    while cursor.peek().kind is Kind.INTEGER:
        edges.append(cursor.integer(msg("a sequence number")))
        cursor.expect(":")
        edges.append(cursor.integer(msg("a sequence number")))
    if not edges:
        raise cursor.refusal(msg("expected a block such as 1001:2001 here, not {found}", found=cursor.found()))
    return tuple(edges)


def _parse_timestamps(cursor: Cursor) -> tuple[int, int]:
    cursor.expect("val")
    value = cursor.integer(msg("a timestamp"))
    cursor.expect("ecr")
    return value, cursor.integer(msg("a timestamp"))


def _parse_blob(cursor: Cursor) -> bytes:
    """Hexadecimal digits, which a lexer takes for a number or for a word; none at all is an empty blob."""
    token = cursor.peek()
    if token.kind not in {Kind.INTEGER, Kind.WORD}:
        return b""
    if not _DIGITS.fullmatch(token.text):
        raise cursor.refusal(msg('"{found}" is not an even number of hexadecimal digits', found=token.text))
    return bytes.fromhex(cursor.take().text)


def _parse_accurate_ecn(cursor: Cursor) -> OptionSpec:
    """Counters in the order of the option (RFC 9768 §3.2.3): ECT(0) or ECT(1) first, which decides the option's number."""
    first = cursor.peek().text
    order = {"e0b": ("e0b", "ceb", "e1b"), "e1b": ("e1b", "ceb", "e0b")}.get(first)
    if order is None:
        raise cursor.refusal(msg("expected e0b or e1b here, not {found}", found=cursor.found()))
    counters = [cursor.integer(msg("a counter"), 0, 0xFFFFFF) for name in order if cursor.skip(name)]
    return OptionSpec(OptionKind.ACCURATE_ECN_0 if first == "e0b" else OptionKind.ACCURATE_ECN_1, tuple(counters))


def _parse_icmp(cursor: Cursor) -> IcmpSpec:
    kind = cursor.word(msg("the type of an ICMP error"))
    code = mtu_bytes = quoted = None
    if cursor.peek().kind is Kind.WORD and cursor.peek().text not in {"mtu", "id"}:
        code = cursor.take().text
    if cursor.skip("mtu"):
        mtu_bytes = cursor.integer(msg("an MTU"), 0, 0xFFFF)
    if cursor.at("[") or cursor.at("("):
        closing = "]" if cursor.take().text == "[" else ")"
        quoted = _parse_range(cursor)
        cursor.expect(closing)
    return IcmpSpec(type=kind, code=code, mtu_bytes=mtu_bytes, quoted=quoted)
