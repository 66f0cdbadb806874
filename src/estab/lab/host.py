"""A simulated host: a stack, processes, interfaces, and what can befall a whole machine.

After everything that may give the stack something to do -- a packet, a timer, a call -- `pump` sends what it has to send, takes note of
what changed, and sees to it that the stack is woken at its next deadline.  There is one wake-up in the clock for a host, however many
connections it has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from estab.engine.sending.profile import LINUX_PROFILE
from estab.lab.calls import Stack
from estab.lab.node import Node, Port, Watcher
from estab.lab.packets import Datagram, Datum, IcmpPacket, spell
from estab.lab.process import Process, ProgramFunction
from estab.lab.sockets import Conn, Listener
from estab.lab.tasks import Sleep, Task
from estab.lab.timeline import Fate, Loss, StateRecord, Timer, TimerRecord
from estab.lab.units import Duration, span_ns
from estab.wire.segment import SYN, Packet

if TYPE_CHECKING:
    from estab.knobs.values import KnobValues
    from estab.lab.world import World
    from estab.snapshot import SocketSnapshot

MakeStack = Callable[["Host", int], Stack]
NEVER_NS = 1 << 62


class Host(Node):
    """One machine with one stack; `knobs` are its settings."""

    def __init__(self, world: World, name: str, addresses: tuple[str, ...], knobs: KnobValues, make_stack: MakeStack) -> None:
        super().__init__(world, name, addresses)
        self.knobs = knobs
        self.is_on = True
        self.boots = 0
        self.sending = LINUX_PROFILE
        """What neither knobs nor socket options say of its senders: for lessons, `SendingProfile(arq_mode=ArqMode.GO_BACK_N)`."""
        self.in_datagrams = False
        """Its segments travel inside UDP datagrams."""
        self.loop_watchers: list[Watcher] = []
        """What looks at packets that the host sends to itself."""
        self.processes: list[Process] = []
        self._make_stack = make_stack
        self._stack: Stack | None = None
        self._at_boot: list[tuple[ProgramFunction, tuple[Any, ...]]] = []
        self._init: Process | None = None
        self._wake_ns = NEVER_NS
        self._ip_ids: dict[int, int] = {}
        self._received: Datum | None = None
        self._watched = False
        """Somebody wants to know of changes of state; settled when the stack is made."""
        self._sent: Packet | None = None
        """The first packet that left since a timer ran out."""

    # --- programs ------------------------------------------------------------------------------------------------------------------------

    def run(self, program: ProgramFunction, *arguments: Any, at_boot: bool = False) -> Task:
        """Starts a program in a process of its own, now; `at_boot`: and again whenever the host has booted."""
        if at_boot:
            self._at_boot.append((program, arguments))
        return self.process(getattr(program, "__name__", "program")).spawn(program, *arguments)

    def process(self, name: str) -> Process:
        """A new process without a program."""
        process = Process(self, name)
        self.processes.append(process)
        return process

    @property
    def init(self) -> Process:
        """The process of calls that no program makes: `host.listen`, `host.connect`."""
        if self._init is None or not self._init.alive:
            self._init = self.process("init")
        return self._init

    def listen(self, port: int, **options: Any) -> Listener:
        """See `Process.listen`."""
        return self.init.listen(port, **options)

    async def connect(self, address: str, port: int, **options: Any) -> Conn:
        """See `Process.connect`."""
        return await self.init.connect(address, port, **options)

    def sleep(self, duration: Duration) -> Sleep:
        """Lets time pass."""
        return self.init.sleep(duration)

    def sysctl(self, **knobs: Any) -> None:
        """Changes settings while the host runs, as `sysctl -w` does."""
        self.knobs = self.knobs.changed(knobs)
        if self._stack is not None:
            self._stack.knobs = self.knobs

    # --- the stack -----------------------------------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """The first address."""
        return self.addresses[0]

    @property
    def stack(self) -> Stack:
        """The host's TCP; made when it is first needed, with the MTU of its links."""
        if self._stack is None:
            mtu_bytes = min((port.out.mtu_bytes for port in self.ports), default=1500)
            self._stack = self._make_stack(self, mtu_bytes)
            self._watched = self.world.watches_states
            self._stack.on_loopback = self._looped
        return self._stack

    def receive(self, datum: Datum, port: Port) -> None:
        """A packet has arrived at an interface."""
        del port
        if not self.is_on:
            self.world.lose(datum, self.name, Loss.HOST_DOWN)
            return
        if datum.destination not in self.addresses:
            self.world.lose(datum, self.name, Loss.NOT_OURS)
            return
        now_ns = self.world.clock.now_ns
        stack = self._stack or self.stack
        self._received = datum
        if isinstance(datum, Packet):
            if self.in_datagrams:
                return
            stack.handle_packet(datum, now_ns)
        elif isinstance(datum, Datagram):
            stack.handle_packet(datum.carried, now_ns)
        elif isinstance(datum, IcmpPacket):
            stack.handle_icmp(datum.error(), now_ns)
        self.pump()
        self._received = None

    def pump(self) -> None:
        """Sends what the stack has to send, notes what changed, and arranges the next wake-up."""
        stack = self._stack
        if stack is None:
            return
        clock = self.world.clock
        now_ns = clock.now_ns
        poll = stack.poll_transmit
        watched = self._watched
        if watched:
            self._note_states(stack)  # before what it sends: a segment leaves in the state that its sender has reached
        while (packet := poll(now_ns)) is not None:
            self._emit(packet)
        if watched:
            self._note_states(stack)
        deadline_ns = stack.poll_deadline_before(self._wake_ns)
        if deadline_ns is not None:
            self._wake_ns = deadline_ns
            clock.at(deadline_ns, self._wake, (self._stack, deadline_ns))

    def _wake(self, stack_and_time: tuple[Stack, int]) -> None:
        """A deadline of the stack may have come; a wake-up that was overtaken by an earlier one is nothing."""
        stack, due_ns = stack_and_time
        if stack is not self._stack or due_ns != self._wake_ns:
            return
        self._wake_ns = NEVER_NS
        deadline_ns = stack.poll_deadline()
        now_ns = self.world.clock.now_ns
        if deadline_ns is not None and deadline_ns <= now_ns:
            before = dict(stack.counters) if self.world.timeline is not None else None
            stack.handle_deadline(now_ns)
            if before is not None:
                self._pump_after_timer(before)
                return
        self.pump()

    def _pump_after_timer(self, before: dict[str, int]) -> None:
        """As `pump`, and notes which timer it was and what left because of it, before whatever else is told."""
        assert self.world.timeline is not None
        records = self.world.timeline.records
        place = len(records)
        self._sent = None
        self.pump()
        later = records[place:]
        del records[place:]
        self._note_timer(before)
        records += later

    def _emit(self, packet: Packet) -> None:
        """Puts a packet on its way."""
        world = self.world
        self._number(packet)
        if self._watched:
            self._note_packet(packet)
        datum: Datum = packet
        if self.in_datagrams:
            datum = Datagram(packet.source, packet.source_port, packet.destination, packet.destination_port, packet, packet.ttl, packet.ecn)
        port = self.port_to(packet.destination)
        if port is None:
            world.lose(datum, self.name, Loss.NO_ROUTE)
        else:
            port.send(datum)

    def _number(self, packet: Packet) -> None:
        """Each connection numbers its packets, as Linux does."""
        key = packet.destination_port << 16 | packet.source_port
        packet.ip_id = self._ip_ids[key] = (self._ip_ids.get(key, key * 40503) + 1) & 0xFFFF

    def port_to(self, destination: str) -> Port | None:
        """The interface by which packets to an address leave; None where none does."""
        if len(self.ports) == 1:
            return self.ports[0]
        return self.world.routes.port(self, destination)

    def _looped(self, packet: Packet, now_ns: int) -> None:
        """A packet to this host itself, which its stack delivers at once."""
        del now_ns
        assert self._stack is not None
        self._number(packet)
        if self._watched:
            self._note_states(self._stack)
            self._note_packet(packet)
        for watcher in self.loop_watchers:
            watcher.see(packet, outgoing=True)

    # --- what is told --------------------------------------------------------------------------------------------------------------------

    def _note_packet(self, packet: Packet) -> None:
        self._sent = self._sent or packet
        segment = packet.segment
        if segment.flags & SYN:
            self.world.bases[packet.source, packet.source_port, packet.destination, packet.destination_port] = segment.seq
        if self.world.truth is not None:
            self.world.truth.emitted(self, packet)

    def _note_states(self, stack: Stack) -> None:
        while (event := stack.poll_event()) is not None:
            self._note_state(event)

    def _note_state(self, event: Any) -> None:
        world = self.world
        local, remote = event.local, event.remote
        if world.truth is not None:
            world.truth.changed(self, event, answering=self._received is not None)
        if world.timeline is not None:
            record = StateRecord(
                time_ns=world.clock.now_ns, where=self.name, local=str(local), remote=str(remote), old=event.old, new=event.new,
                clause=event.clause,
            )  # fmt: skip
            world.timeline.add(record)
            world.comment(self._received, f"{self.name}: {event.old.label} > {event.new.label}")

    def _note_timer(self, before: dict[str, int]) -> None:
        """Which timer ran out, by the counters that moved, and the first packet that it made leave."""
        world = self.world
        assert world.timeline is not None
        moved = [timer for name, timer in TIMERS.items() if self.stack.counters[name] != before.get(name, 0)]
        if moved:
            packet = "" if self._sent is None else spell(self._sent, world.bases)
            world.timeline.add(TimerRecord(time_ns=world.clock.now_ns, where=self.name, timer=moved[0], packet=packet))

    # --- what befalls it -----------------------------------------------------------------------------------------------------------------

    def dismiss(self) -> None:
        """Its programs end where they stand, and nobody closes what they had open."""
        for process in self.processes:
            process.forget()  # all of them first: a program that ends may hold what another process has opened
        for process in self.processes:
            process.vanish()
        self.processes.clear()
        self._init = None

    def power_off(self) -> None:
        """Everything stops: nothing is sent, nothing answered, and what the host knew is lost."""
        if not self.is_on:
            return
        self.is_on = False
        self.world.fate(self.name, Fate.POWER_OFF)
        self.dismiss()
        self._stack = None
        self._wake_ns = NEVER_NS
        if self.world.truth is not None:
            self.world.truth.forgets(self)

    def boot(self) -> None:
        """Goes on with the same addresses and no memory: segments of old connections are answered by RST."""
        if self.is_on:
            return
        self.is_on = True
        self.boots += 1
        self.world.fate(self.name, Fate.BOOTED)
        assert self.stack is not None
        for program, arguments in self._at_boot:
            self.process(getattr(program, "__name__", "program")).spawn(program, *arguments)

    def reboot(self, after: Duration = "10s") -> None:
        """Power off now, and boots later."""
        self.power_off()
        self.world.clock.after(span_ns(after), lambda _: self.boot())

    def counter(self, name: str) -> int:
        """A counter of the stack by its kernel's name, `TcpExt.ListenOverflows`; 0 where nothing was counted."""
        return self.stack.counters.get(name, 0)

    def sockets(self) -> list[SocketSnapshot]:
        """The table of sockets as `ss` would show it, TIME-WAIT and half-open entries included."""
        return self.stack.sockets(self.world.clock.now_ns)

    def __repr__(self) -> str:
        return f"<host {self.name} {' '.join(self.addresses)}>"


TIMERS = {
    "TcpExt.TCPAbortOnTimeout": Timer.GAVE_UP,
    "TcpExt.TCPSynRetrans": Timer.SYN,
    "TcpExt.TCPTimeouts": Timer.RTO,
    "TcpExt.TCPLossProbes": Timer.TLP,
    "TcpExt.TCPWinProbe": Timer.PERSIST,
    "TcpExt.TCPKeepAlive": Timer.KEEPALIVE,
    "TcpExt.TW": Timer.TIME_WAIT,
    "TcpExt.DelayedACKs": Timer.DELAYED_ACK,
    "Tcp.RetransSegs": Timer.REPEATED,
}
"""Which counter tells that which timer ran out; of several that moved the first says it best."""
