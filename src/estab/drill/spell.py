"""Packets as a script would write them: for transcripts and for showing what was expected beside what came."""

from __future__ import annotations

from estab.drill.packets import FLAG_LETTERS
from estab.drill.script import RAW, EcnCheck, IcmpSpec, IpInfo, OptionKind, OptionSpec, PacketAction, TcpSpec
from estab.drill.subject import FAST_OPEN_MAGIC
from estab.instant import SECOND_NS

_ECN_WORDS = {EcnCheck.NOT_ECT: "noecn", EcnCheck.ECT_0: "ect0", EcnCheck.ECT_1: "ect1", EcnCheck.CE: "ce", EcnCheck.ANY_ECT: "ect01"}
_PLAIN: dict[int, str] = {OptionKind.EOL: "eol", OptionKind.NOP: "nop", OptionKind.SACK_OK: "sackOK"}
_ORDER = "FSRPUEWA."


def spell_packet(packet: PacketAction) -> str:
    """A packet in one line.

    >>> from estab.drill.parser import parse_script
    >>> spell_packet(parse_script("0 > FP. 1:11(10) ack 1 <nop,nop,TS val 5 ecr 6>").events[0].action)
    '> FP. 1:11(10) ack 1 <nop,nop,TS val 5 ecr 6>'
    """
    body = _spell_tcp(packet.body) if isinstance(packet.body, TcpSpec) else _spell_icmp(packet.body)
    info = _spell_ip(packet.ip)
    return f"{packet.direction.value} {info + ' ' if info else ''}{body}"


def spell_time(instant_ns: int) -> str:
    """Seconds with six decimals."""
    return f"{instant_ns / SECOND_NS:.6f}"


def spell_flags(flags: int, ace: int | None = None) -> str:
    """Flags in the order in which people write them; `-` for none."""
    letters = "".join(letter for letter in _ORDER if flags & FLAG_LETTERS[letter])
    return (letters or "-") if ace is None else f"{letters}{ace}"


def _spell_ip(info: IpInfo) -> str:
    words = [_ECN_WORDS[info.ecn]] if info.ecn in _ECN_WORDS else []
    words += [f"tos {info.tos:#x}"] if info.tos is not None else []
    words += [f"flowlabel {info.flow_label:#x}"] if info.flow_label is not None else []
    words += [f"ttl {info.ttl}"] if info.ttl is not None else []
    return f"[{', '.join(words)}]" if words else ""


def _spell_tcp(spec: TcpSpec) -> str:
    parts = [f"{spec.ports[0]} > {spec.ports[1]}"] if spec.ports else []
    parts.append(spell_flags(spec.flags, spec.ace))
    parts.append(f"{spec.seq}:{(spec.seq + spec.payload_bytes) % 2**32}({spec.payload_bytes})")
    parts += [f"ack {spec.ack}"] if spec.ack is not None else []
    parts += [f"win {spec.window}"] if spec.window is not None else []
    parts += [f"urg {spec.urgent}"] if spec.urgent else []
    if spec.options is None:
        parts.append("<...>")
    elif spec.options:
        parts.append(f"<{spell_options(spec.options)}>")
    return " ".join(parts)


def spell_options(options: tuple[OptionSpec, ...]) -> str:
    """Options between commas."""
    return ",".join(_spell_option(option) for option in options)


def _spell_option(option: OptionSpec) -> str:
    match option.kind:
        case OptionKind.MSS:
            return f"mss {option.numbers[0]}"
        case OptionKind.WSCALE:
            return f"wscale {option.numbers[0]}"
        case OptionKind.TIMESTAMPS:
            return f"TS val {option.numbers[0]} ecr {option.numbers[1]}"
        case OptionKind.SACK:
            edges = [f"{left}:{right}" for left, right in zip(option.numbers[::2], option.numbers[1::2], strict=True)]
            return f"sack {' '.join(edges)}"
        case OptionKind.MD5:
            return f"md5 {option.blob.hex()}"
        case OptionKind.FAST_OPEN:
            return f"FO {option.blob.hex()}".strip()
        case OptionKind.EXPERIMENTAL if option.blob[:2] == FAST_OPEN_MAGIC:
            return f"FOEXP {option.blob[2:].hex()}".strip()
        case OptionKind.ACCURATE_ECN_0 | OptionKind.ACCURATE_ECN_1:
            names = ("e0b", "ceb", "e1b") if option.kind == OptionKind.ACCURATE_ECN_0 else ("e1b", "ceb", "e0b")
            return "ECN " + " ".join(f"{name} {number}" for name, number in zip(names, option.numbers, strict=False))
        case _ if option.kind == RAW:
            return f"raw {option.blob.hex()}"
    return _PLAIN.get(option.kind) or f"opt {option.kind} {option.blob.hex()}".strip()


def _spell_icmp(spec: IcmpSpec) -> str:
    parts = ["icmp", spec.type]
    parts += [spec.code] if spec.code is not None else []
    parts += [f"mtu {spec.mtu_bytes}"] if spec.mtu_bytes is not None else []
    if spec.quoted is not None:
        first, length = spec.quoted
        parts.append(f"[{first}:{first + length}({length})]")
    return " ".join(parts)
