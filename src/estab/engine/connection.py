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

from typing import TYPE_CHECKING

from estab.machine.states import State

if TYPE_CHECKING:
    from estab.engine.events import Event
    from estab.engine.half_open import HalfOpen
    from estab.engine.options import ConnectionConfig, Settings
    from estab.snapshot import TcpInfo
    from estab.wire.segment import IcmpError, Segment


class Connection:
    """RFC 9293 TCP for one four-tuple; see the module for the order of calls."""

    state: State
    error: int | None
    """errno as SO_ERROR would give it; `take_error` clears it."""
    transmit_ecn: int
    """The ECN field for the IP header of the segment that `poll_transmit` gave last (RFC 3168 §6.1): 0 or ECT(0) = 2."""
    settings: Settings

    @classmethod
    def active(cls, config: ConnectionConfig, now_ns: int, *, data: bytes = b"") -> Connection:
        """Active OPEN: SYN-SENT, with the SYN ready to leave; `data` goes into it where `config.fast_open_cookie` allows."""
        raise NotImplementedError

    @classmethod
    def passive(cls, config: ConnectionConfig, now_ns: int) -> Connection:
        """Passive OPEN of the RFC's kind: one TCB in LISTEN that turns into the connection (a stack's listeners use `from_half_open`)."""
        raise NotImplementedError

    @classmethod
    def from_half_open(cls, config: ConnectionConfig, half: HalfOpen, now_ns: int, *, fast_open: bool = False) -> Connection:
        """SYN-RECEIVED, its SYN-ACK already sent by the listener; the peer's ACK is then fed to `handle_segment`.

        With `fast_open` the connection may be read and written at once (RFC 7413 §4.2.2) and sends its SYN-ACK again by itself.
        """
        raise NotImplementedError

    def handle_segment(self, segment: Segment, now_ns: int, *, ecn: int = 0) -> None:
        """A segment of this four-tuple has arrived; `ecn` is the ECN field of its IP header."""
        raise NotImplementedError

    def handle_icmp(self, error: IcmpError, now_ns: int) -> None:
        """An ICMP error that quotes a segment of this connection (RFC 9293 §3.9.2.2, RFC 5927)."""
        raise NotImplementedError

    def handle_deadline(self, now_ns: int) -> None:
        """Do what has become due; harmless before the deadline."""
        raise NotImplementedError

    def write(self, data: bytes | memoryview, now_ns: int, *, urgent: bool = False) -> int:
        """SEND: how many bytes were taken; 0 where there is no room (or no connection to write to: see `error` and `state`)."""
        raise NotImplementedError

    def read(self, max_bytes: int, now_ns: int, *, peek: bool = False) -> bytes:
        """RECEIVE: up to `max_bytes`; empty where nothing is there, or at the end (`at_eof`)."""
        raise NotImplementedError

    def read_urgent(self, now_ns: int, *, peek: bool = False) -> bytes:
        """The out-of-band byte (MSG_OOB), which is not part of the stream unless `oob_inline`; empty where there is none."""
        raise NotImplementedError

    def shutdown_write(self, now_ns: int) -> None:
        """Half-close: no more SENDs; a FIN behind what is queued (shutdown(SHUT_WR))."""
        raise NotImplementedError

    def close(self, now_ns: int) -> None:
        """CLOSE with both directions given up: the connection becomes an orphan (close(2)).

        Unread data or `linger_s == 0` make it an ABORT (RFC 9293 §3.6.1; RFC 2525 §2.17).
        """
        raise NotImplementedError

    def abort(self, now_ns: int) -> None:
        """ABORT: RST, and gone."""
        raise NotImplementedError

    def change(self, now_ns: int, **settings: object) -> None:
        """Other socket options: names of `Settings`."""
        raise NotImplementedError

    def acknowledge_now(self, now_ns: int, *, on: bool = True) -> None:
        """TCP_QUICKACK: leave (or enter) the mode in which ACKs wait for data."""
        raise NotImplementedError

    def take_error(self) -> int:
        """SO_ERROR: the pending errno, 0 without one, cleared."""
        raise NotImplementedError

    @property
    def readable_bytes(self) -> int:
        """Bytes that `read` would give."""
        raise NotImplementedError

    @property
    def at_eof(self) -> bool:
        """The peer has closed and everything has been read."""
        raise NotImplementedError

    @property
    def write_room_bytes(self) -> int:
        """What `write` would take now."""
        raise NotImplementedError

    def poll_transmit(self, now_ns: int) -> Segment | None:
        """The next segment that leaves now, or None."""
        raise NotImplementedError

    def poll_deadline(self) -> int | None:
        """When `handle_deadline` must be called at the latest; None: never."""
        raise NotImplementedError

    def poll_event(self) -> Event | None:
        """The next event, or None."""
        raise NotImplementedError

    def info(self, now_ns: int) -> TcpInfo:
        """TCP_INFO."""
        raise NotImplementedError
