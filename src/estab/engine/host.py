"""What the parts of one host share: its table of connections, its queues of what leaves and what is due, its counters and keys.

Listeners, small records, connections and sockets all get the one `Host` of their stack; it decides nothing by itself.
"""

from __future__ import annotations

import abc
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from estab.chance import Chance
from estab.engine.addresses import Addresses, Routes
from estab.engine.bindings import Bindings
from estab.engine.cookies import SynCookies
from estab.engine.counters import Counters
from estab.engine.deadlines import Deadlines, Due
from estab.engine.fast_open import FastOpenCache, FastOpenKeys
from estab.engine.isn import HostSecrets
from estab.engine.limits import ChallengeLimit
from estab.engine.memory import TcpMemory
from estab.engine.options import ConnectionConfig, Settings
from estab.engine.ports import PortChooser
from estab.engine.sending.profile import LINUX_PROFILE, SendingProfile
from estab.engine.stray import back_to_sender, reset_for
from estab.flow import Endpoint
from estab.knobs.values import KnobValues
from estab.machine.states import State
from estab.wire.segment import IcmpError, Packet

if TYPE_CHECKING:
    from estab.engine.listeners import Listeners
    from estab.snapshot import SocketSnapshot

Key = tuple[str, int, str, int]
"""Local address and port, remote address and port."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A socket of this host, or a record without one, took a step of the state machine; `clause` says where it is written."""

    local: Endpoint
    remote: Endpoint
    old: State
    new: State
    clause: str


StackEvent = StateChanged

OPEN_STATES = (State.ESTABLISHED, State.CLOSE_WAIT)


class Entry(Due):
    """Something with a four-tuple of its own: a connection, a half-open entry, a TIME-WAIT entry."""

    __slots__ = ("host", "key", "queued")

    def __init__(self, host: Host, key: Key) -> None:
        super().__init__()
        self.host, self.key = host, key
        self.queued = False

    @property
    @abc.abstractmethod
    def state(self) -> State:
        """The state of this end."""

    @abc.abstractmethod
    def handle_packet(self, packet: Packet, now_ns: int) -> None:
        """A segment of this four-tuple has arrived."""

    @abc.abstractmethod
    def handle_icmp(self, error: IcmpError, now_ns: int) -> None:
        """An ICMP error about a segment of this four-tuple has arrived."""

    @abc.abstractmethod
    def poll_transmit(self, now_ns: int) -> Packet | None:
        """The next packet that leaves now, or None."""

    @abc.abstractmethod
    def destroy(self, now_ns: int) -> None:
        """End it from outside, as `ss --kill` does."""

    def settle(self, now_ns: int) -> None:
        """Draw the consequences of what has happened inside."""

    def account(self, now_ns: int) -> None:
        """Let the host's account of memory know what it holds; once all that it had to send has left."""

    @abc.abstractmethod
    def snapshot(self, now_ns: int) -> SocketSnapshot:
        """The entry as sock_diag would tell it."""

    @property
    def local(self) -> Endpoint:
        """This end."""
        return Endpoint(self.key[0], self.key[1])

    @property
    def remote(self) -> Endpoint:
        """The other end."""
        return Endpoint(self.key[2], self.key[3])


class Host:
    """The shared things of one stack; see the module."""

    __slots__ = (
        "addresses",
        "bindings",
        "challenges",
        "chance",
        "connection_chance",
        "cookies",
        "counters",
        "deadlines",
        "events",
        "fast_open_cache",
        "fast_open_keys",
        "inodes",
        "knobs",
        "listeners",
        "memory",
        "orphans",
        "outbox",
        "ports",
        "ready",
        "secrets",
        "sending",
        "table",
        "time_waits",
    )

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        knobs: KnobValues,
        chance: Chance,
        mtu_bytes: int,
        routes: Routes | None,
        watched: bool,
        sending: SendingProfile = LINUX_PROFILE,
    ) -> None:
        self.knobs, self.chance = knobs, chance
        self.counters = Counters()
        self.addresses = Addresses(addresses, mtu_bytes, routes)
        self.bindings = Bindings()
        self.challenges = ChallengeLimit(knobs.tcp_challenge_ack_limit, chance.child("challenges"))
        self.connection_chance = chance.child("connections")
        """One stream for all connections: few ever draw from it, and they are many."""
        self.cookies = SynCookies(chance.child("cookies"))
        self.deadlines = Deadlines()
        self.events: deque[StackEvent] | None = deque() if watched else None
        self.fast_open_cache = FastOpenCache()
        self.fast_open_keys = FastOpenKeys(chance.child("fast open"))
        self.inodes = 0
        self.listeners: Listeners
        self.memory = TcpMemory(knobs, self.counters)
        self.orphans = 0
        self.outbox: deque[Packet] = deque()
        self.ports = PortChooser(knobs, chance.child("ports"))
        self.ready: deque[Entry] = deque()
        """Those that may have something to send, each once."""
        self.secrets = HostSecrets(chance)
        self.sending = sending
        self.table: dict[Key, Entry] = {}
        self.time_waits = 0

    def config(self, local: Endpoint, remote: Endpoint, settings: Settings, mtu_bytes: int = 0) -> ConnectionConfig:
        """What a connection between two endpoints is made from."""
        return ConnectionConfig(
            local=local,
            remote=remote,
            knobs=self.knobs,
            chance=self.connection_chance,
            secrets=self.secrets,
            challenges=self.challenges,
            counters=self.counters,
            mtu_bytes=mtu_bytes or self.addresses.route(remote.address, local.address).mtu_bytes or 1500,
            settings=settings,
            sending=self.sending,
        )

    def change_knobs(self, knobs: KnobValues) -> None:
        """As `sysctl -w`: what asks each time sees the new values; connections that exist keep what they were made with."""
        self.knobs = knobs
        self.ports.configure(knobs)
        self.memory.configure(knobs)
        self.challenges = ChallengeLimit(knobs.tcp_challenge_ack_limit, self.chance.child("challenges"))

    def new_inode(self) -> int:
        """A number for a new socket, as a kernel gives one."""
        self.inodes += 1
        return self.inodes

    def add(self, entry: Entry) -> None:
        """Put an entry into the table, in place of whatever had its four-tuple."""
        self.table[entry.key] = entry

    def remove(self, entry: Entry) -> None:
        """Take an entry out of the table and forget its deadline."""
        if self.table.get(entry.key) is entry:
            del self.table[entry.key]
        self.deadlines.forget(entry)

    def touch(self, entry: Entry, now_ns: int) -> None:
        """Something has happened to an entry: it may have something to say, to send, or another deadline.

        Its deadline is asked for when it has nothing (more) to send, which is known when the queue of those that are ready has come to it.
        """
        entry.settle(now_ns)
        if not entry.queued:
            entry.queued = True
            self.ready.append(entry)

    def note(self, key: Key, old: State, new: State, clause: str) -> None:
        """Tell whoever watches of a change of state, and keep the counters that follow such changes."""
        counters = self.counters
        if new in OPEN_STATES:
            if old not in OPEN_STATES:
                counters.add("Tcp.CurrEstab")
        elif old in OPEN_STATES:
            counters.add("Tcp.CurrEstab", -1)
            if new is State.CLOSED:
                counters.add("Tcp.EstabResets")
        if self.events is not None:
            self.events.append(StateChanged(Endpoint(key[0], key[1]), Endpoint(key[2], key[3]), old, new, clause))

    def send(self, packet: Packet) -> None:
        """Let a packet leave that belongs to no connection."""
        self.counters.add("Tcp.OutSegs")
        self.outbox.append(packet)

    def refuse(self, packet: Packet) -> None:
        """Answer a packet by RST, where that is allowed."""
        reset = reset_for(packet.segment)
        if reset is not None:
            self.counters.add("Tcp.OutRsts")
            self.send(back_to_sender(packet, reset))
