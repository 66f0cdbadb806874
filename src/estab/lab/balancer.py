"""A load balancer of layer 4: connections to its address are spread over backends, round robin, and remembered in a table.

It forgets connections that were idle for `idle`, silently or answering the next packet with RST, as its settings say.  Health checks open a
connection half and end it by RST, as many balancers do; a backend that does not answer twice gets no new connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from estab.lab.conntrack import FourTuple, Stranger, TableSettings, TrackState
from estab.lab.node import Port
from estab.lab.packets import Datum
from estab.lab.router import Router
from estab.lab.units import Duration, span_ns
from estab.wire.segment import ACK, RST, SYN, Packet, Segment, SynOptions

if TYPE_CHECKING:
    from estab.lab.host import Host
    from estab.lab.world import World

FAILURES_TO_FALL = 2
FIRST_CHECK_PORT = 61_000
CHECK_PORTS = 4_000


@dataclass(slots=True)
class Backend:
    """One server behind the balancer."""

    address: str
    port: int
    is_up: bool = True
    failures: int = 0
    connections: int = 0
    asked_from: int = 0
    """Source port of the health check under way, 0 without one."""


class Balancer(Router):
    """The balancer; it must lie on the way of the answers (its backends reach clients through it)."""

    def __init__(
        self,
        world: World,
        name: str,
        addresses: tuple[str, ...],
        *,
        port: int,
        idle: Duration = "350s",
        stranger: Stranger = Stranger.RESET,
    ) -> None:
        super().__init__(world, name, addresses)
        self.port_served = port
        self.backends: list[Backend] = []
        self._next = 0
        self._checks = 0
        self.track(TableSettings(stranger=stranger, timeouts_ns={TrackState.ESTABLISHED: span_ns(idle)}))
        self.forward_port(port, self._choose, hides=addresses[-1])
        world.add(self)

    def serve(self, *hosts: Host, port: int | None = None) -> None:
        """Adds backends."""
        self.backends += [Backend(host.address, port or self.port_served) for host in hosts]

    def check_health(self, *, every: Duration = "5s", timeout: Duration = "2s") -> None:
        """Begins with health checks."""
        every_ns, timeout_ns = span_ns(every), span_ns(timeout)

        def go_round(_: object) -> None:
            for backend in self.backends:
                self._ask(backend, timeout_ns)
            self.world.clock.after(every_ns, go_round)

        self.world.clock.after(every_ns, go_round)

    def take(self, datum: Datum, port: Port) -> None:
        """Answers of health checks come to the balancer itself."""
        backend = self._asked(datum) if isinstance(datum, Packet) else None
        if backend is None:
            super().take(datum, port)
            return
        assert isinstance(datum, Packet)
        segment = datum.segment
        backend.asked_from = 0
        if segment.flags & (SYN | ACK) == SYN | ACK:
            backend.is_up, backend.failures = True, 0
            end = Segment(segment.ack, 0, RST, 0)
            self._send_own(Packet(datum.destination, datum.destination_port, datum.source, datum.source_port, end))
        else:
            self._failed(backend)

    def receive(self, datum: Datum, port: Port) -> None:
        """A packet has arrived; the answers of its own checks are in no table."""
        if isinstance(datum, Packet) and self._asked(datum) is not None:
            self.take(datum, port)
        else:
            super().receive(datum, port)

    def _asked(self, datum: Datum) -> Backend | None:
        if not isinstance(datum, Packet) or datum.destination not in self.addresses:
            return None
        for backend in self.backends:
            if (backend.address, backend.port, backend.asked_from) == (datum.source, datum.source_port, datum.destination_port):
                return backend
        return None

    def _ask(self, backend: Backend, timeout_ns: int) -> None:
        self._checks += 1
        backend.asked_from = asked_from = FIRST_CHECK_PORT + self._checks % CHECK_PORTS
        syn = Segment(self._chance.bits32(), 0, SYN, 64_240, syn=SynOptions(mss_bytes=1460))
        self._send_own(Packet(self.addresses[-1], asked_from, backend.address, backend.port, syn))

        def look(_: object) -> None:
            if backend.asked_from == asked_from:
                backend.asked_from = 0
                self._failed(backend)

        self.world.clock.after(timeout_ns, look)

    @staticmethod
    def _failed(backend: Backend) -> None:
        backend.failures += 1
        if backend.failures >= FAILURES_TO_FALL:
            backend.is_up = False

    def _send_own(self, packet: Packet) -> None:
        out = self.world.routes.port(self, packet.destination)
        if out is not None:
            out.send(packet)

    def _choose(self, original: FourTuple) -> tuple[str, int] | None:
        del original
        for _ in self.backends:
            backend = self.backends[self._next % len(self.backends)]
            self._next += 1
            if backend.is_up:
                backend.connections += 1
                return backend.address, backend.port
        return None
