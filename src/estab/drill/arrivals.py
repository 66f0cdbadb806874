"""Packets that a script sends to the TCP: segments and ICMP errors, put into the numbers of the wire."""

from __future__ import annotations

from estab.drill.config import Config
from estab.drill.script import EcnCheck, IcmpSpec, PacketAction, TcpSpec
from estab.drill.subject import Stage, Subject, UnknownEchoError
from estab.drill.symbols import UnusableValueError
from estab.drill.world import World
from estab.seq import wrap
from estab.text import msg
from estab.wire.segment import ACK, SYN, IcmpError, IcmpKind, Packet

_ICMP_KINDS = {
    ("unreachable", None): IcmpKind.NET_UNREACHABLE,
    ("unreachable", "net_unreachable"): IcmpKind.NET_UNREACHABLE,
    ("unreachable", "host_unreachable"): IcmpKind.HOST_UNREACHABLE,
    ("unreachable", "address_unreachable"): IcmpKind.HOST_UNREACHABLE,
    ("unreachable", "protocol_unreachable"): IcmpKind.PROTOCOL_UNREACHABLE,
    ("unreachable", "port_unreachable"): IcmpKind.PORT_UNREACHABLE,
    ("unreachable", "frag_needed"): IcmpKind.PACKET_TOO_BIG,
    ("unreachable", "net_prohibited"): IcmpKind.ADMIN_PROHIBITED,
    ("unreachable", "host_prohibited"): IcmpKind.ADMIN_PROHIBITED,
    ("unreachable", "packet_filtered"): IcmpKind.ADMIN_PROHIBITED,
    ("packet_too_big", None): IcmpKind.PACKET_TOO_BIG,
    ("source_quench", None): IcmpKind.SOURCE_QUENCH,
    ("time_exceeded", None): IcmpKind.TIME_EXCEEDED,
    ("parameter_problem", None): IcmpKind.PARAMETER_PROBLEM,
}


def receiving_subject(world: World, body: TcpSpec | IcmpSpec) -> Subject:
    """The connection that an inbound packet belongs to; a segment for a listener, or where nothing is under test, begins one."""
    process = world.process
    if process.subject is None or (process.listening and isinstance(body, TcpSpec) and body.flags & SYN):
        process.begin_passive()
        if isinstance(body, TcpSpec):
            assert process.subject is not None
            process.subject.remote_isn = body.seq
    assert process.subject is not None
    return process.subject


def deliver(world: World, action: PacketAction, config: Config) -> Packet | None:
    """Sends a packet of the script to the TCP; a segment is given back as it went."""
    subject = receiving_subject(world, action.body)
    if isinstance(action.body, IcmpSpec):
        world.deliver_icmp(_icmp_error(subject, action.body, config))
        return None
    packet = _packet(subject, action, action.body, config)
    _follow(subject, action.body)
    world.deliver(packet)
    return packet


def _follow(subject: Subject, body: TcpSpec) -> None:
    """What a segment of the script means for the opening."""
    if subject.stage is Stage.SYN_ACK_SENT and body.flags & ACK:
        subject.stage = Stage.SYN_ACK_ACKED
    elif subject.stage is Stage.SYN_SENT and body.flags & SYN:
        subject.remote_isn = body.seq
        if body.flags & ACK:
            subject.stage = Stage.SYN_ACKED


def _packet(subject: Subject, action: PacketAction, body: TcpSpec, config: Config) -> Packet:
    try:
        segment = subject.live_segment(body, ts_ecr_scaled=config.ts_ecr_scaled)
    except UnknownEchoError:
        raise UnusableValueError(msg("this segment echoes a timestamp that no packet of the script has carried")) from None
    remote_port, local_port = body.ports or (subject.remote_port, subject.local_port)
    ecn = action.ip.ecn.value if action.ip.ecn is not EcnCheck.NOT_ASKED else (action.ip.tos or 0) & 3
    return Packet(
        source=config.remote_ip,
        source_port=remote_port,
        destination=config.local_ip,
        destination_port=local_port,
        segment=segment,
        ecn=ecn,
        ttl=action.ip.ttl or 64,
    )


def _icmp_error(subject: Subject, body: IcmpSpec, config: Config) -> IcmpError:
    kind = _ICMP_KINDS.get((body.type, body.code)) or _ICMP_KINDS.get((body.type, None))
    if kind is None or (body.code is not None and (body.type, body.code) not in _ICMP_KINDS):
        raise UnusableValueError(msg("the ICMP error {type} {code} is not known here", type=body.type, code=body.code or ""))
    first, _ = body.quoted or (0, 0)
    return IcmpError(
        kind=kind,
        reporter=config.remote_ip,
        local=config.local_ip,
        local_port=subject.local_port,
        remote=config.remote_ip,
        remote_port=subject.remote_port,
        seq=wrap(subject.local_isn + first),
        mtu_bytes=body.mtu_bytes or 0,
    )
