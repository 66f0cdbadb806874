"""Packets that a script expects from the TCP: taking the next one, joining parts, comparing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from estab.drill.config import Config
from estab.drill.matching import continues, joined, packet_differences, time_difference
from estab.drill.script import Direction, EcnCheck, IpInfo, PacketAction, TcpSpec, TimeKind, When
from estab.drill.spell import spell_packet, spell_time
from estab.drill.subject import Stage, Subject, options_of
from estab.drill.verdict import MismatchError
from estab.drill.world import Sent, World
from estab.instant import HOUR_NS, SECOND_NS
from estab.text import msg
from estab.wire.codec import encode_options
from estab.wire.segment import ACK, SYN, Packet

PATIENCE_NS = 2 * SECOND_NS
"""How long after its time a packet is still waited for, to tell when it really came."""


@dataclass(frozen=True, slots=True)
class Came:
    """A packet, or several joined, in the numbers of the script."""

    at_ns: int
    action: PacketAction
    several: bool = False


def expect(world: World, subject: Subject, action: PacketAction, when: When, start_ns: int, since_ns: int, config: Config) -> None:
    """Takes the next packet of the connection under test; raises MismatchError where it is not as written."""
    assert isinstance(action.body, TcpSpec)
    _follow(subject, action.body)
    came = _next_packet(world, subject, action, when, start_ns, config)
    differences = packet_differences(action, came.action, config, start_ns, several=came.several)
    late = time_difference(when, start_ns, came.at_ns, config, since_ns)
    if late is not None:
        differences = (late, *differences)
    if differences:
        reason = msg("the packet is not as written") if differences != (late,) else msg("the packet came at another time")
        raise MismatchError(reason, expected=spell_packet(action), actual=_spelled(came), differences=differences)


def _spelled(came: Came) -> str:
    shown = came.action if came.action.ip.ecn is not EcnCheck.NOT_ECT else replace(came.action, ip=IpInfo())
    return f"{spell_time(came.at_ns)} {spell_packet(shown)}"


def _follow(subject: Subject, body: TcpSpec) -> None:
    """What an expected segment means for the opening, before it is looked for."""
    opening = body.flags & (SYN | ACK)
    if opening == SYN and subject.stage is Stage.CONNECTING:
        subject.stage, subject.script_isn = Stage.SYN_SENT, body.seq
    elif opening == SYN | ACK and subject.stage is Stage.SYN_RECEIVED:
        subject.script_isn = body.seq


def _next_packet(world: World, subject: Subject, action: PacketAction, when: When, start_ns: int, config: Config) -> Came:
    body = action.body
    assert isinstance(body, TcpSpec)
    limit_ns = _limit(world, when, start_ns)
    first = _take(world, subject, limit_ns)
    if first is None:
        raise MismatchError(
            msg("no packet was sent"), expected=spell_packet(action), actual=msg("nothing until {time}", time=spell_time(world.now_ns))
        )
    came = _read(subject, first, body)
    while not config.strict_segments and _payload(came) < body.payload_bytes:
        following = _peek(world, subject)
        if following is None or not continues(_spec(came), _spec(_read(subject, following, None))):
            break
        world.sent.remove(following)
        more = _read(subject, following, body)
        came = Came(came.at_ns, PacketAction(Direction.OUT, came.action.ip, joined(_spec(came), _spec(more))), several=True)
    return came


def _limit(world: World, when: When, start_ns: int) -> int:
    if when.kind is TimeKind.ANY:
        return world.now_ns + HOUR_NS
    return max(start_ns + (when.until_ns - when.ns if when.until_ns is not None else 0), world.now_ns) + PATIENCE_NS


def _spec(came: Came) -> TcpSpec:
    assert isinstance(came.action.body, TcpSpec)
    return came.action.body


def _payload(came: Came) -> int:
    return _spec(came).payload_bytes


def _take(world: World, subject: Subject, limit_ns: int) -> Sent | None:
    """The next packet of the connection, waited for until an instant; packets of others before it are dropped."""
    world.advance(limit_ns, stop=lambda: _peek(world, subject) is not None)
    found = _peek(world, subject)
    if found is not None:
        while world.sent.popleft() is not found:
            pass
    return found


def _peek(world: World, subject: Subject) -> Sent | None:
    return next(packets_of(world, subject), None)


def packets_of(world: World, subject: Subject) -> Iterator[Sent]:
    """What the connection has sent and no event has taken."""
    return (sent for sent in world.sent if _belongs(sent.packet, subject, world.process.config))


def _belongs(packet: Packet, subject: Subject, config: Config) -> bool:
    if packet.destination != config.remote_ip or packet.destination_port != subject.remote_port:
        return False
    if subject.local_port == 0:
        return packet.segment.flags & (SYN | ACK) == SYN and subject.stage is Stage.SYN_SENT
    return packet.source_port == subject.local_port


def _read(subject: Subject, sent: Sent, expected: TcpSpec | None) -> Came:
    """A packet in the numbers of the script; from an opening segment these are learnt."""
    segment = sent.packet.segment
    opening = segment.flags & (SYN | ACK)
    if opening == SYN and subject.local_port == 0:
        subject.local_port, subject.local_isn = sent.packet.source_port, segment.seq
    elif opening == SYN | ACK and subject.stage is Stage.SYN_RECEIVED:
        subject.local_isn, subject.stage = segment.seq, Stage.SYN_ACK_SENT
    spec = subject.script_spec(segment, options_of(encode_options(segment)), expected)
    info = IpInfo(ecn=EcnCheck(sent.packet.ecn), ttl=sent.packet.ttl)
    return Came(sent.at_ns, PacketAction(Direction.OUT, info, spec))


def surprises(world: World, subject: Subject) -> tuple[str, ...]:
    """Packets of the connection that no event has taken, as a script would write them."""
    return tuple(_spelled(_read(subject, sent, None)) for sent in packets_of(world, subject))
