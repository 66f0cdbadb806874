"""A router: routes, TTL, ICMP errors, and where it is told to, a firewall and NAT with a table of connections.

For each packet, in this order: the table (translation of destinations), what is meant for the router itself, the firewall, TTL, the route,
translation of sources, the MTU of the way out.  A packet belongs to the node that has it, so it is changed in place.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from estab.lab.conntrack import Conntrack, Entry, FourTuple, Stranger, TableSettings, TrackState, inverse, readdress, tuple_of
from estab.lab.faults import reset_against
from estab.lab.match import Match
from estab.lab.nat import Chooser, Masquerade, NoPortLeftError, PortForward, free_source
from estab.lab.node import Node, Port
from estab.lab.packets import Datum, IcmpPacket, copy_of, length_of
from estab.lab.timeline import Loss
from estab.wire.segment import ACK, RST, SYN, IcmpKind, Packet

if TYPE_CHECKING:
    from estab.lab.link import Link
    from estab.lab.world import World

IPV6_LEAST_MTU = 1280


class Router(Node):
    """Forwards packets.  `tells` says which ICMP errors it sends; without PACKET_TOO_BIG it is a black hole for large packets."""

    forwards = True

    def __init__(self, world: World, name: str, addresses: tuple[str, ...]) -> None:
        super().__init__(world, name, addresses)
        self.tells: set[IcmpKind] = {
            IcmpKind.PACKET_TOO_BIG, IcmpKind.TIME_EXCEEDED, IcmpKind.NET_UNREACHABLE, IcmpKind.HOST_UNREACHABLE, IcmpKind.ADMIN_PROHIBITED,
        }  # fmt: skip
        self.decrements_ttl = True
        self.table: Conntrack | None = None
        self.forwarded = 0
        self._refusals: list[tuple[Match, IcmpKind | Loss]] = []
        self._masquerades: list[Masquerade] = []
        self._forwards: list[PortForward] = []
        self._inside: set[Port] | None = None
        self._chance = world.chance.child(f"router {name}")

    # --- what it is told to do -----------------------------------------------------------------------------------------------------------

    def track(self, settings: TableSettings | None = None) -> Conntrack:
        """Keeps a table of connections: a stateful firewall that lets through what it knows, and new connections of anybody."""
        self.table = Conntrack(settings)
        return self.table

    def let_out_only(self, *inside: Link) -> None:
        """New connections are allowed only from these links; others are dropped (a table is needed)."""
        if self.table is None:
            self.track(TableSettings(stranger=Stranger.DROP))
        self._inside = {link.port_of(self) for link in inside}

    def masquerade(self, outside: Link, address: str = "") -> None:
        """Connections that leave by this link get an address of the router: without one, that nearest to the node at its other end."""
        if self.table is None:
            self.track()
        own = address or self._address_for(next(iter(outside.other(self).addresses), ""))
        self._masquerades.append(Masquerade(outside.port_of(self), own))

    def forward_port(self, port: int, to: tuple[str, int] | Chooser, *, address: str = "", hides: str = "") -> None:
        """Connections to a port of the router go on to another host."""
        if self.table is None:
            self.track()
        target = to if callable(to) else _always(to)
        self._forwards.append(PortForward(address or self.addresses[0], port, target, hides))

    def refuse(self, match: Match, answer: IcmpKind | None = None) -> None:
        """Drops what matches, silently or with an ICMP error."""
        self._refusals.append((match, answer or Loss.FILTERED))

    def route(self, prefix: str, link: Link | None) -> None:
        """An explicit route; None is a black hole."""
        self.world.routes.add(self, prefix, None if link is None else link.port_of(self))

    # --- what it does --------------------------------------------------------------------------------------------------------------------

    def receive(self, datum: Datum, port: Port) -> None:
        """A packet has arrived."""
        table = self.table
        entry = None
        if table is not None and isinstance(datum, Packet):
            entry = self._known(table, datum, port)
            if entry is None:
                return
        elif table is not None and isinstance(datum, IcmpPacket):
            datum = self._untranslated(table, datum)
        if datum.destination in self.addresses:
            self.take(datum, port)
            return
        for match, answer in self._refusals:
            if match(datum):
                self._refuse(datum, answer)
                return
        if self.decrements_ttl:
            datum.ttl -= 1
            if datum.ttl <= 0:
                self.world.lose(datum, self.name, Loss.TTL)
                self.tell(IcmpKind.TIME_EXCEEDED, datum)
                return
        out = self.world.routes.port(self, datum.destination)
        if out is None:
            self.world.lose(datum, self.name, Loss.NO_ROUTE)
            if not self.world.routes.vanishes(self, datum.destination):
                self.tell(IcmpKind.NET_UNREACHABLE, datum)
            return
        self._send(datum, out)

    def take(self, datum: Datum, port: Port) -> None:
        """A packet for the router itself: nothing listens here, so TCP is refused."""
        if isinstance(datum, Packet) and not datum.segment.flags & RST:
            port.send(reset_against(datum))

    def _send(self, datum: Datum, out: Port) -> None:
        pipe = out.out
        if length_of(datum) > pipe.mtu_bytes and (":" in datum.source or getattr(datum, "dont_fragment", False)):
            self.world.lose(datum, self.name, Loss.TOO_BIG)
            self.tell(IcmpKind.PACKET_TOO_BIG, datum, mtu_bytes=pipe.mtu_bytes)
            return
        self.forwarded += 1
        out.send(datum)

    def tell(self, kind: IcmpKind, about: Datum, *, mtu_bytes: int = 0) -> None:
        """Sends an ICMP error to a packet's sender, if the router sends such errors; never about an ICMP error, nor about a RST."""
        if kind not in self.tells or not isinstance(about, Packet):
            return
        quoted = copy_of(about)
        assert isinstance(quoted, Packet)
        if self.table is not None:
            found = self.table.find(tuple_of(quoted), self.world.clock.now_ns)
            if found is None:
                found = self.table.find(inverse(tuple_of(quoted)), self.world.clock.now_ns)
                if found is not None:  # translated already: the sender knows it by its own tuple
                    readdress(quoted, found[0].original if found[1] else found[0].reply)
        error = IcmpPacket(self._address_for(quoted.source), quoted.source, kind, quoted, mtu_bytes)
        out = self.world.routes.port(self, quoted.source)
        if out is not None:
            out.send(error)

    def _address_for(self, other: str) -> str:
        """Its own address that another sees: the one that shares the longest prefix."""
        return max(self.addresses, key=lambda own: shared_bits(own, other))

    def _refuse(self, datum: Datum, answer: IcmpKind | Loss) -> None:
        self.world.lose(datum, self.name, Loss.FILTERED)
        if isinstance(answer, IcmpKind):
            self.tell(answer, datum)

    # --- the table -----------------------------------------------------------------------------------------------------------------------

    def _known(self, table: Conntrack, packet: Packet, port: Port) -> Entry | None:
        """The packet's entry, and the packet readdressed by it; None where the packet is dropped."""
        now_ns = self.world.clock.now_ns
        found = table.find(tuple_of(packet), now_ns)
        if found is None:
            entry = self._new(table, packet, port, now_ns)
            if entry is None:
                return None
            found = (entry, False)
        entry, is_reply = found
        table.saw(entry, packet, is_reply, now_ns)
        readdress(packet, inverse(entry.original) if is_reply else inverse(entry.reply))
        return entry

    def _new(self, table: Conntrack, packet: Packet, port: Port, now_ns: int) -> Entry | None:
        """An entry for a packet that belongs to none, where there may be one."""
        flags = packet.segment.flags
        opens = flags & SYN and not flags & ACK
        if self._inside is not None and port not in self._inside and not self._is_forwarded(packet):
            self.world.lose(packet, self.name, Loss.FILTERED)
            return None
        if not opens and not self._takes_stranger(table, packet, port):
            return None
        original = tuple_of(packet)
        try:
            meant = self._meant(table, original, now_ns)
        except NoPortLeftError:
            meant = None
        if meant is None:
            self.world.lose(packet, self.name, Loss.FILTERED)
            return None
        entry = table.add(original, inverse(meant), TrackState.SYN_SENT if opens else TrackState.ESTABLISHED, now_ns)
        if entry is None:
            self.world.lose(packet, self.name, Loss.TABLE_FULL)
        return entry

    def _takes_stranger(self, table: Conntrack, packet: Packet, port: Port) -> bool:
        """What the table's policy says of a packet in the middle of a connection it does not know."""
        stranger = table.settings.stranger
        if stranger is Stranger.PICK_UP and not packet.segment.flags & RST:
            return True
        self.world.lose(packet, self.name, Loss.FILTERED)
        if stranger is Stranger.RESET and not packet.segment.flags & RST:
            port.send(reset_against(packet))
        return False

    def _is_forwarded(self, packet: Packet) -> bool:
        return any(rule.address == packet.destination and rule.port == packet.destination_port for rule in self._forwards)

    def _meant(self, table: Conntrack, original: FourTuple, now_ns: int) -> FourTuple | None:
        """The tuple under which a new connection goes on."""
        meant = original
        hides = ""
        for rule in self._forwards:
            if (rule.address, rule.port) == original[2:]:
                target = rule.choose(original)
                if target is None:
                    return None
                meant, hides = (*original[:2], *target), rule.hides
                break
        out = self.world.routes.port(self, meant[2])
        for rule_out in self._masquerades:
            if out is rule_out.outside:
                hides = rule_out.address
        return free_source(table, meant, hides, self._chance, now_ns) if hides else meant

    def _untranslated(self, table: Conntrack, icmp: IcmpPacket) -> IcmpPacket:
        """An ICMP error whose quote is readdressed as the packet's sender knows it."""
        quoted = icmp.quoted
        found = table.find(inverse(tuple_of(quoted)), self.world.clock.now_ns)
        if found is None:
            return icmp
        entry, is_reply = found
        known = copy_of(quoted)
        assert isinstance(known, Packet)
        readdress(known, entry.original if is_reply else entry.reply)
        source = icmp.source if icmp.source != quoted.destination else known.destination
        return IcmpPacket(source, known.source, icmp.kind, known, icmp.mtu_bytes, icmp.ttl)


def shared_bits(one: str, other: str) -> int:
    """How many leading bits two addresses have in common; -1 for different versions of IP, and for what is no address.

    >>> shared_bits("10.0.1.1", "10.0.1.2"), shared_bits("10.0.1.1", "::1")
    (30, -1)
    """
    try:
        mine, others = ipaddress.ip_address(one), ipaddress.ip_address(other)
    except ValueError:
        return -1
    if mine.version != others.version:
        return -1
    return mine.max_prefixlen - (int(mine) ^ int(others)).bit_length()


def _always(target: tuple[str, int]) -> Chooser:
    return lambda original: target  # noqa: ARG005 - a chooser gets the tuple
