"""A connection in its host's table: between the segments of the wire and the socket that owns it.

A connection outlives its socket (an orphan sends its FIN again and waits for the peer's) and may exist before one (in an accept queue).
When nothing of it is needed but the memory of its last numbers, a TIME-WAIT entry takes its place.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from estab.engine import events
from estab.engine.bindings import Claim
from estab.engine.connection import Connection
from estab.engine.host import Entry, Host, Key
from estab.engine.memory import pages_of
from estab.engine.outbound import next_segment
from estab.engine.time_wait import TimeWaitEntry
from estab.engine.timeouts import earliest
from estab.engine.view import connection_snapshot, send_queue_bytes
from estab.machine.states import State
from estab.machine.stimuli import Stimulus
from estab.wire.segment import IcmpError, Packet, Segment

if TYPE_CHECKING:
    from estab.engine.listener import Listener
    from estab.engine.sockets import Socket
    from estab.snapshot import SocketSnapshot

OPENING_STATES = (State.SYN_SENT, State.SYN_RECEIVED)
OWN_DOING = (Stimulus.CLOSE, Stimulus.ABORT)


class ConnectionEntry(Entry):
    """One connection of a host."""

    __slots__ = ("claim", "connection", "fast_open", "inode", "is_alive", "listener", "pages", "socket", "uid")

    def __init__(self, host: Host, key: Key, connection: Connection, claim: Claim, *, uid: int) -> None:
        super().__init__(host, key)
        self.connection, self.uid = connection, uid
        self.claim: Claim | None = claim
        """What it holds of its local port; None once another holds it."""
        self.socket: Socket | None = None
        self.listener: Listener | None = None
        """While it waits in an accept queue."""
        self.fast_open: Listener | None = None
        """The listener that opened it for the data in a SYN, while the handshake is not complete."""
        self.is_alive = True
        """It stands in the table."""
        self.inode = 0
        self.pages = 0

    @property
    def state(self) -> State:
        """The state of this end."""
        return self.connection.state

    @property
    def is_orphan(self) -> bool:
        """No socket, and none to come."""
        return self.socket is None and self.listener is None

    def handle_packet(self, packet: Packet, now_ns: int) -> None:
        """A segment of this four-tuple has arrived."""
        self.connection.handle_segment(packet.segment, now_ns, ecn=packet.ecn)
        self.host.touch(self, now_ns)

    def handle_icmp(self, error: IcmpError, now_ns: int) -> None:
        """An ICMP error about a segment of this four-tuple has arrived."""
        self.connection.handle_icmp(error, now_ns)
        self.host.touch(self, now_ns)

    def poll_deadline(self) -> int | None:
        """When it must be handled at the latest; None: never."""
        return earliest(self.connection) if self.is_alive else None

    def handle_deadline(self, now_ns: int) -> None:
        """Do what has become due."""
        self.connection.handle_deadline(now_ns)
        self.host.touch(self, now_ns)

    def poll_transmit(self, now_ns: int) -> Packet | None:
        """The next packet that leaves now, or None."""
        connection, counters = self.connection, self.host.counters
        before = connection.snd_nxt
        segment = next_segment(connection, now_ns)
        if segment is None:
            return None
        if connection.snd_nxt != before or not segment.length or self._is_first_syn():
            counters["Tcp.OutSegs"] += 1
        return self._packet(segment)

    def _is_first_syn(self) -> bool:
        opening = self.connection.opening
        return opening is not None and opening.retransmits == 0

    def _packet(self, segment: Segment) -> Packet:
        local, port, remote, remote_port = self.key
        return Packet(local, port, remote, remote_port, segment, ecn=self.connection.transmit_ecn)

    def settle(self, now_ns: int) -> None:
        """Draw the consequences of what has happened inside."""
        connection = self.connection
        tell = connection.events is not None
        while connection.events is not None and (event := connection.poll_event()) is not None:
            if isinstance(event, events.StateChanged):
                self._changed(event)
            elif isinstance(event, events.EnteredTimeWait):
                if not event.fin_wait_2 or connection.state is State.FIN_WAIT_2:  # else the same segment has brought the peer's FIN
                    self._rest(event, now_ns)
            elif isinstance(event, events.Ended):
                self._end(now_ns)
            elif isinstance(event, events.FastOpenAnswered):
                self._learn(event, now_ns)
        if tell and self.socket is not None:
            self.socket.tell()

    def _changed(self, event: events.StateChanged) -> None:
        row = event.row
        if event.old in OPENING_STATES and event.new in (State.CLOSED, State.LISTEN) and row.stimulus not in OWN_DOING:
            self.host.counters.add("Tcp.AttemptFails")
        if self.fast_open is not None and event.old is State.SYN_RECEIVED:
            self.fast_open.fast_open_pending -= 1
            self.fast_open = None
        self.host.note(self.key, event.old, event.new, event.clause)

    def _learn(self, event: events.FastOpenAnswered, now_ns: int) -> None:
        """What the server's SYN-ACK says about Fast Open, for the next connection to it."""
        cache, client, server = self.host.fast_open_cache, self.key[0], self.key[2]
        cookie = event.cookie if event.asked else None
        cache.learn(client, server, cookie or b"", event.mss_bytes, experimental=event.experimental)
        if not cookie and not event.data_sent_bytes and not event.syn_retransmits:
            cache.note_refusal(client, server, experimental=self.connection.config.fast_open_experimental)
        if event.syn_retransmits and event.data_sent_bytes and not cookie and not event.data_acked_bytes:
            cache.note_failure(client, server, now_ns)
        else:
            cache.note_success(client, server)

    def _rest(self, event: events.EnteredTimeWait, now_ns: int) -> None:
        """Make way for a small record, and if there is no room for one, for nothing (tcp_time_wait)."""
        self._flush(now_ns)
        was_alive = self.is_alive
        entry = TimeWaitEntry.of(self, event, now_ns) if was_alive else None
        self._leave(now_ns)
        if entry is not None:
            entry.enter(now_ns)
        elif was_alive:
            state = State.FIN_WAIT_2 if event.fin_wait_2 else State.TIME_WAIT
            self.host.note(self.key, state, State.CLOSED, "net/ipv4/tcp_minisocks.c tcp_time_wait")

    def _end(self, now_ns: int) -> None:
        self._flush(now_ns)
        self._leave(now_ns)

    def _flush(self, now_ns: int) -> None:
        """Everything that it still has to send leaves before it does."""
        while (packet := self.poll_transmit(now_ns)) is not None:
            self.host.outbox.append(packet)

    def _leave(self, now_ns: int) -> None:
        if not self.is_alive:
            return
        self.is_alive = False
        self.host.orphans -= self.is_orphan
        self.host.remove(self)
        self.host.memory.charge(-self.pages, now_ns)
        self.pages = 0
        if self.socket is not None:
            self.socket.detach(self)
        self.release()

    def release(self) -> None:
        """Give the port back."""
        if self.claim is not None:
            self.host.bindings.release(self.key[1], self.claim)
            self.claim = None

    def account(self, now_ns: int) -> None:
        """Charge the host's memory for what waits in the queues."""
        if not self.is_alive:
            return
        receiver, sender = self.connection.receiver, self.connection.sender
        pages = 0 if receiver is None or receiver.buffer is None else pages_of(len(receiver.buffer))
        if sender is None or sender.head is not None or sender.buffer is not None:
            pages += pages_of(send_queue_bytes(self.connection))
        if pages != self.pages:
            self.host.memory.charge(pages - self.pages, now_ns)
            self.pages = pages

    def abort(self, now_ns: int) -> None:
        """RST, and gone."""
        self.connection.abort(now_ns)
        self.host.touch(self, now_ns)

    def destroy(self, now_ns: int) -> None:
        """End it from outside: RST to the peer, ECONNABORTED to the owner (tcp_abort)."""
        self.connection.abort(now_ns)
        self.connection.error = errno.ECONNABORTED
        self.host.touch(self, now_ns)

    def accepted(self, socket: Socket) -> None:
        """It has left the accept queue and has an owner."""
        self.listener = None
        self.connection.accepted = True
        self.socket, self.inode = socket, socket.inode

    def disown(self) -> None:
        """Nobody holds it any more."""
        self.socket = self.listener = None
        self.host.orphans += self.is_alive

    def check_orphan(self, now_ns: int) -> None:
        """Its socket has closed: it ends by itself, or at once where there are too many of its kind (tcp_max_orphans)."""
        host = self.host
        host.touch(self, now_ns)
        if self.is_alive and (host.orphans > host.knobs.tcp_max_orphans or host.memory.is_exhausted):
            host.counters.add("TcpExt.TCPAbortOnMemory")
            self.abort(now_ns)

    def snapshot(self, now_ns: int) -> SocketSnapshot:
        """The entry as sock_diag would tell it."""
        return connection_snapshot(self, now_ns)
