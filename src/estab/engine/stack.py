"""The TCP of one host: packets and times go in, packets and one deadline come out, and between them are sockets.

The order of use is that of a connection: after every arrival (`handle_packet`, `handle_icmp`, `handle_deadline`) and every call of a
socket, `poll_transmit` until it gives None, then `poll_deadline`; `poll_event` tells of changes of state to whoever watches.  Packets
that a host sends to itself never leave it: they are delivered while `poll_transmit` looks for others (`on_loopback` sees them).

Finding who a segment is for: the connection or small record of its four-tuple; else a listener; else nobody, and a RST goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from estab.chance import Chance
from estab.engine.addresses import Routes, is_one_host
from estab.engine.counters import Counters
from estab.engine.host import Entry, Host, StackEvent
from estab.engine.host_view import host_snapshot
from estab.engine.listeners import Listeners
from estab.engine.sending.profile import LINUX_PROFILE, SendingProfile
from estab.engine.socket_options import DEFAULT_CONFIG
from estab.engine.sockets import Socket
from estab.flow import Endpoint
from estab.knobs.values import KnobValues
from estab.snapshot import HostSnapshot, SocketSnapshot
from estab.wire.segment import IcmpError, IcmpKind, Packet

CE, ECT_1, ECT_0 = 3, 1, 2
_ECN_COUNTERS = {0: "IpExt.InNoECTPkts", ECT_1: "IpExt.InECT1Pkts", ECT_0: "IpExt.InECT0Pkts", CE: "IpExt.InCEPkts"}
_ICMP_COUNTERS = {
    IcmpKind.TIME_EXCEEDED: "Icmp.InTimeExcds",
    IcmpKind.PARAMETER_PROBLEM: "Icmp.InParmProbs",
    IcmpKind.SOURCE_QUENCH: "Icmp.InSrcQuenchs",
}


class Stack:
    """One host's TCP; see the module for the order of calls."""

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        knobs: KnobValues,
        chance: Chance,
        now_ns: int = 0,
        mtu_bytes: int = 1500,
        routes: Routes | None = None,
        watched: bool = True,
        sending: SendingProfile = LINUX_PROFILE,
    ) -> None:
        """`routes` answers for every destination that is not this host; `watched` keeps changes of state for `poll_event`;
        `sending` is what neither knobs nor socket options say of its senders.
        """
        self.host = Host(addresses, knobs=knobs, chance=chance, mtu_bytes=mtu_bytes, routes=routes, watched=watched, sending=sending)
        self.host.listeners = Listeners(chance.child("listeners"))
        self.on_loopback: Callable[[Packet, int], None] | None = None
        """Sees every packet that this host sends to itself."""
        self.started_ns = now_ns

    @property
    def counters(self) -> Counters:
        """What this host has counted, by kernel name; what never happened is 0."""
        return self.host.counters

    @property
    def knobs(self) -> KnobValues:
        """The settings of this host."""
        return self.host.knobs

    @knobs.setter
    def knobs(self, knobs: KnobValues) -> None:
        """As `sysctl -w`: what looks at a knob each time sees the new value at once, what took it once keeps the old."""
        self.host.change_knobs(knobs)

    def socket(self, *, ipv6: bool = False, uid: int = 0) -> Socket:
        """A new socket; user 0 may bind privileged ports."""
        config = replace(DEFAULT_CONFIG, v6only=True) if ipv6 and self.host.knobs.bindv6only else DEFAULT_CONFIG
        return Socket(self.host, ipv6=ipv6, uid=uid, config=config)

    # Arrivals

    def handle_packet(self, packet: Packet, now_ns: int) -> None:
        """A packet for one of this host's addresses has arrived."""
        host, counters = self.host, self.host.counters
        counters["Ip.InReceives"] += 1
        if not host.addresses.is_own(packet.destination):
            counters.add("Ip.InAddrErrors")
            return
        counters["Ip.InDelivers"] += 1
        counters[_ECN_COUNTERS[packet.ecn]] += 1
        counters["Tcp.InSegs"] += 1
        if packet.corrupt:
            counters.add("Tcp.InCsumErrors")
            counters.add("Tcp.InErrs")
            return
        entry = host.table.get((packet.destination, packet.destination_port, packet.source, packet.source_port))
        if entry is not None:
            entry.handle_packet(packet, now_ns)
            return
        if not is_one_host(packet.source):
            return
        listener = host.listeners.find(packet)
        if listener is not None:
            listener.handle_packet(packet, now_ns)
        else:
            host.refuse(packet)

    def handle_icmp(self, error: IcmpError, now_ns: int) -> None:
        """An ICMP error that quotes a packet of this host has arrived."""
        host, counters = self.host, self.host.counters
        counters["Ip.InReceives"] += 1
        counters["Ip.InDelivers"] += 1
        counters.add("Icmp.InMsgs")
        counters.add(_ICMP_COUNTERS.get(error.kind, "Icmp.InDestUnreachs"))
        entry = host.table.get((error.local, error.local_port, error.remote, error.remote_port))
        if entry is None:
            counters.add("Icmp.InErrors")
        else:
            entry.handle_icmp(error, now_ns)

    def handle_deadline(self, now_ns: int) -> None:
        """Do everything that has become due."""
        deadlines = self.host.deadlines
        for due in deadlines.taken(now_ns):
            due.handle_deadline(now_ns)
            if isinstance(due, Entry) and self.host.table.get(due.key) is due:
                deadlines.update(due)

    def destroy(self, local: Endpoint, remote: Endpoint, now_ns: int) -> bool:
        """End a connection from outside, as an administrator does (SOCK_DESTROY, `ss --kill`); False where there is none."""
        entry = self.host.table.get((local.address, local.port, remote.address, remote.port))
        if entry is None:
            return False
        entry.destroy(now_ns)
        return True

    # What comes out

    def poll_transmit(self, now_ns: int) -> Packet | None:
        """The next packet that leaves this host now, or None."""
        host, counters = self.host, self.host.counters
        while True:
            packet = self._next(now_ns)
            if packet is None:
                return None
            counters["Ip.OutRequests"] += 1
            counters["Ip.OutTransmits"] += 1
            if not host.addresses.is_own(packet.destination):
                return packet
            if self.on_loopback is not None:
                self.on_loopback(packet, now_ns)
            self.handle_packet(packet, now_ns)

    def _next(self, now_ns: int) -> Packet | None:
        host = self.host
        if host.outbox:
            return host.outbox.popleft()
        while host.ready:
            entry = host.ready[0]
            packet = entry.poll_transmit(now_ns)
            if packet is not None:
                return packet
            host.ready.popleft()
            entry.queued = False
            entry.settle(now_ns)
            entry.account(now_ns)
            self._arm(entry)
            if host.outbox:
                return host.outbox.popleft()
        return None

    def _arm(self, entry: Entry) -> None:
        if self.host.table.get(entry.key) is entry:
            self.host.deadlines.update(entry)

    def poll_deadline(self) -> int | None:
        """When `handle_deadline` must be called at the latest; None: never."""
        for entry in self.host.ready:  # where `poll_transmit` was not asked for all that may leave
            self._arm(entry)
        return self.host.deadlines.first()

    def poll_deadline_before(self, when_ns: int) -> int | None:
        """As `poll_deadline`, for those who are to wake it at an instant anyway: None where it need not be earlier."""
        if not self.host.ready and not self.host.deadlines.may_begin_before(when_ns):
            return None
        deadline_ns = self.poll_deadline()
        return deadline_ns if deadline_ns is not None and deadline_ns < when_ns else None

    def poll_event(self) -> StackEvent | None:
        """The next change of state, or None."""
        events = self.host.events
        return events.popleft() if events else None

    # Questions

    def sockets(self, now_ns: int) -> list[SocketSnapshot]:
        """Every socket and every record without one, as sock_diag tells them: listeners first, then in the order of their birth."""
        listeners = [listener.snapshot(now_ns) for listener in self.host.listeners]
        return listeners + [entry.snapshot(now_ns) for entry in self.host.table.values()]

    def host_snapshot(self, now_ns: int) -> HostSnapshot:
        """The host at this instant: counters, knobs, sockets."""
        return host_snapshot(self.host, self.sockets(now_ns), now_ns)
