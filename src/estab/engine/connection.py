"""One TCP connection as its owner meets it: a thin front over the parts.

Four kinds of methods, and the order in which they are used:

* *calls* (`write`, `read`, `shutdown_write`, `close`, `abort`, `change`) and *arrivals* (`handle_segment`, `handle_icmp`,
  `handle_deadline`): each may change everything below;
* after any of them: `poll_transmit` until it gives None, then `poll_deadline` (a new one replaces the old one), then `poll_event`
  until it gives None;
* *questions* (`state`, `error`, `readable_bytes`, `at_eof`, `write_room_bytes`, `info`) change nothing.

Segments leave in this order: what answers and controls (RST, SYN, challenge ACKs, probes), then data, then an ACK if none of them
has carried it.  Times are nanoseconds on any clock that does not go backwards.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from estab.engine import calls, handshake, icmp, inbound, outbound, timeouts
from estab.engine.fast_path import take_quickly
from estab.engine.keepalive import start as watch_silence
from estab.engine.options import shared_settings
from estab.engine.probe import tcp_info
from estab.engine.tcb import Tcb
from estab.machine.states import State

if TYPE_CHECKING:
    from estab.engine.events import Event
    from estab.engine.half_open import HalfOpen
    from estab.engine.options import ConnectionConfig
    from estab.snapshot import TcpInfo
    from estab.wire.segment import IcmpError, Segment


class Connection(Tcb):
    """RFC 9293 TCP for one four-tuple; see the module for the order of calls.

    `state`, `error` (errno as SO_ERROR would give it, or None; `take_error` clears it), `settings` and `transmit_ecn` (the ECN field for
    the IP header of the segment that `poll_transmit` gave last: 0, or ECT(0) = 2, RFC 3168 §6.1) may be read at any time.
    """

    __slots__ = ()

    @classmethod
    def active(cls, config: ConnectionConfig, now_ns: int, *, data: bytes = b"") -> Connection:
        """Active OPEN: SYN-SENT, with the SYN ready to leave; `data` goes into it where `config.fast_open_cookie` allows."""
        connection = cls(config, now_ns)
        calls.open_actively(connection, now_ns, data)
        return connection

    @classmethod
    def passive(cls, config: ConnectionConfig, now_ns: int) -> Connection:
        """Passive OPEN of the RFC's kind: one TCB in LISTEN that turns into the connection (a stack's listeners use `from_half_open`)."""
        connection = cls(config, now_ns)
        calls.open_passively(connection, now_ns)
        return connection

    @classmethod
    def from_half_open(cls, config: ConnectionConfig, half: HalfOpen, now_ns: int, *, fast_open: bool = False) -> Connection:
        """SYN-RECEIVED, its SYN-ACK already sent by the listener; the peer's ACK is then fed to `handle_segment`.

        With `fast_open` the connection may be read and written at once (RFC 7413 §4.2.2) and sends its SYN-ACK again by itself.
        """
        connection = cls(config, now_ns)
        handshake.take_over(connection, half, now_ns, fast_open=fast_open)
        return connection

    def open(self, now_ns: int) -> None:
        """Active OPEN of a connection in LISTEN; raises CallRefused in any other state."""
        calls.open_actively(self, now_ns)

    def handle_segment(self, segment: Segment, now_ns: int, *, ecn: int = 0) -> None:
        """A segment of this four-tuple has arrived; `ecn` is the ECN field of its IP header."""
        self.segs_in += 1
        if self.state is State.ESTABLISHED and take_quickly(self, segment, now_ns, ecn):
            return
        inbound.arrive(self, segment, now_ns, ecn)

    def handle_icmp(self, error: IcmpError, now_ns: int) -> None:
        """An ICMP error that quotes a segment of this connection (RFC 9293 §3.9.2.2, RFC 5927)."""
        icmp.arrive(self, error, now_ns)

    def handle_deadline(self, now_ns: int) -> None:
        """Do what has become due; harmless before the deadline."""
        timeouts.expire(self, now_ns)

    def write(self, data: bytes | memoryview, now_ns: int, *, urgent: bool = False, more: bool = False, end_of_record: bool = False) -> int:
        """SEND: how many bytes were taken; 0 where there is no room.  Raises CallRefused where the state allows no SEND.

        `urgent`: the last byte is urgent data (MSG_OOB); `more`: a small rest may wait for the next write (MSG_MORE); `end_of_record`:
        nothing is joined to it (MSG_EOR).
        """
        return calls.send(self, data, now_ns, urgent=urgent, more=more, end_of_record=end_of_record)

    def want_room(self) -> None:
        """Somebody waits to write: `WriteRoom` is owed, and the ACK of a SYN-ACK may wait for the data (sk_write_pending)."""
        self.room_wanted = True

    def read(self, max_bytes: int, now_ns: int, *, peek: bool = False) -> bytes:
        """RECEIVE: up to `max_bytes`; empty where nothing is there, or at the end (`at_eof`)."""
        return calls.receive(self, max_bytes, now_ns, peek=peek)

    def read_urgent(self, now_ns: int, *, peek: bool = False) -> bytes:
        """The out-of-band byte (MSG_OOB), which is not part of the stream unless `oob_inline`; empty where there is none."""
        del now_ns
        return b"" if self.receiver is None else self.receiver.read_urgent(peek=peek)

    def shutdown_write(self, now_ns: int) -> None:
        """Half-close: no more SENDs; a FIN behind what is queued (shutdown(SHUT_WR))."""
        calls.shut_down(self, now_ns)

    def shutdown_read(self, now_ns: int) -> None:
        """The user reads no more than what has come (shutdown(SHUT_RD)): nothing is sent; after this end's FIN, text is answered by RST."""
        del now_ns
        self.shut_read = True

    def close(self, now_ns: int) -> None:
        """CLOSE with both directions given up: the connection becomes an orphan (close(2)).

        Unread data or `linger_s == 0` make it an ABORT (RFC 9293 §3.6.1; RFC 2525 §2.17).
        """
        calls.close(self, now_ns)

    def abort(self, now_ns: int) -> None:
        """ABORT: RST, and gone."""
        calls.abort(self, now_ns)

    def change(self, now_ns: int, **settings: object) -> None:
        """Other socket options: names of `Settings`."""
        self.settings = shared_settings(dataclasses.replace(self.settings, **settings))  # type: ignore[arg-type]
        if self.sender is not None:
            handshake.change_sender(self, self.sender, settings)
        if self.receiver is not None:
            self.receiver.take_settings(self.settings)
        if not settings.keys().isdisjoint(("keepalive", "keep_idle_s", "keep_interval_s", "keep_count")):
            watch_silence(self, now_ns)

    def acknowledge_now(self, now_ns: int, *, on: bool = True) -> None:
        """TCP_QUICKACK: leave (or enter) the mode in which ACKs wait for data; an ACK that waits leaves."""
        del now_ns
        acks, receiver = self.acks, self.receiver
        if acks is None or receiver is None:
            return
        acks.pingpong = not on
        if on and acks.owed:
            acks.pushed = acks.pushed or 1
            acks.now = acks.now or acks.wants_ack_after_read(receiver, 1)

    def take_error(self) -> int:
        """SO_ERROR: the pending errno, else that of the last ICMP error since the last ACK, else 0; cleared (sock_getsockopt)."""
        number = self.take_hard_error()
        if not number and self.sender is not None:
            number, self.sender.soft_errno = self.sender.soft_errno, 0
        return number

    def take_hard_error(self) -> int:
        """The errno with which the next call fails: the pending one, 0 without; an ICMP error that ended nothing fails no call."""
        number, self.error = self.error or 0, None
        return number

    @property
    def readable_bytes(self) -> int:
        """Bytes that `read` would give."""
        return 0 if self.receiver is None else self.receiver.readable_bytes

    @property
    def acknowledges_now(self) -> bool:
        """An ACK leaves with the next `poll_transmit`, whether or not data does."""
        return self.acks is not None and self.acks.now

    @property
    def at_eof(self) -> bool:
        """The peer has closed and everything has been read."""
        return self.receiver is not None and self.receiver.at_eof

    @property
    def at_mark(self) -> bool:
        """The next byte to read is the urgent one (SIOCATMARK)."""
        return self.receiver is not None and self.receiver.at_mark

    @property
    def is_writable(self) -> bool:
        """Whether poll() would report it as writable: a third of the send buffer is free, and little enough is unsent."""
        return self.sender is not None and self.sender.is_writable()

    @property
    def write_room_bytes(self) -> int:
        """What `write` would take now."""
        return calls.write_room(self)

    def poll_transmit(self, now_ns: int) -> Segment | None:
        """The next segment that leaves now, or None."""
        return outbound.next_segment(self, now_ns)

    def poll_deadline(self) -> int | None:
        """When `handle_deadline` must be called at the latest; None: never."""
        return timeouts.earliest(self)

    def poll_event(self) -> Event | None:
        """The next event, or None."""
        events = self.events
        if events is None:
            return None
        event = events.pop(0)
        if not events:
            self.events = None
        return event

    def info(self, now_ns: int) -> TcpInfo:
        """TCP_INFO."""
        return tcp_info(self, now_ns)
