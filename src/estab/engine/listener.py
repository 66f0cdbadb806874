"""A listener: its SYN queue, its accept queue, and what it does when one of them is full (net/ipv4/tcp_input.c, tcp_conn_request).

Both queues have the same limit, min(backlog, somaxconn) as it was at listen(), and both hold one more than it.

- SYN queue full: with `tcp_syncookies` the SYN is answered by a cookie and nothing is kept, without them it is dropped.
- Accept queue full: SYNs are dropped; an ACK that would complete a handshake is dropped too (or answered by RST, `tcp_abort_on_overflow`),
  in the cookie case without a trace, so that only the client knows of the connection.

Every SYN or ACK that is dropped counts in ListenDrops; those for which the accept queue was full also in ListenOverflows.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING

from estab.engine.addresses import is_ipv6
from estab.engine.bindings import Claim, claim
from estab.engine.connection import Connection
from estab.engine.cookies import decode_options, encode_options, without_options
from estab.engine.entries import ConnectionEntry
from estab.engine.fast_open import Allows, FastOpenKeys
from estab.engine.half_open import HalfOpen, answer_syn, syn_ack
from estab.engine.host import Host, Key
from estab.engine.options import ConnectionConfig, Negotiated, shared
from estab.engine.rows import row_of
from estab.engine.socket_options import SocketConfig
from estab.engine.syn_queue import SynEntry
from estab.engine.window import initial_window
from estab.flow import Endpoint, shared_endpoint
from estab.instant import MINUTE_NS
from estab.machine.states import State
from estab.machine.stimuli import Stimulus
from estab.seq import MASK
from estab.snapshot import SocketSnapshot
from estab.wire.segment import ACK, FIN, RST, SYN, Packet

if TYPE_CHECKING:
    from collections.abc import Callable

OVERFLOW_MEMORY_NS = 2 * MINUTE_NS
"""For how long after the SYN queue was full the ACKs of cookies are believed."""
FEWEST_RETRIES = 2
LEAST_CROWD = 8
DEFAULT_MSS_BYTES = 536


class Listener:
    """One socket in LISTEN."""

    __slots__ = (
        "accept_queue",
        "address",
        "claim",
        "config",
        "fast_open_pending",
        "half_open",
        "host",
        "inode",
        "is_open",
        "limit",
        "on_ready",
        "overflowed_ns",
        "port",
        "syn_queue",
        "uid",
        "young",
    )

    def __init__(self, host: Host, address: str, port: int, config: SocketConfig, claim: Claim, *, inode: int, uid: int) -> None:
        self.host, self.address, self.port, self.config, self.claim = host, address, port, config, claim
        self.inode, self.uid = inode, uid
        self.is_open = True
        self.limit = 0
        self.accept_queue: deque[ConnectionEntry] = deque()
        self.syn_queue: dict[Key, SynEntry] = {}
        self.half_open = 0
        self.young = 0
        """Half-open entries whose SYN-ACK has not been repeated yet."""
        self.fast_open_pending = 0
        self.overflowed_ns: int | None = None
        self.on_ready: Callable[[], None] | None = None

    def set_backlog(self, backlog: int) -> None:
        """listen(): the limit is taken now, whatever `somaxconn` becomes later; a negative backlog is a very large one."""
        self.limit = min(backlog & 0xFFFFFFFF, int(self.host.knobs.somaxconn))

    @property
    def is_accept_queue_full(self) -> bool:
        """Whether it holds one more than its limit."""
        return len(self.accept_queue) > self.limit

    def patience(self) -> int:
        """How often a SYN-ACK is repeated now: fewer times when old entries fill more than half of the queue."""
        settings = self.config.settings
        retries = int(self.host.knobs.tcp_synack_retries if settings.syn_count is None else settings.syn_count)
        if 2 * self.half_open > max(LEAST_CROWD, self.limit):
            young = 2 * self.young
            while retries > FEWEST_RETRIES and self.half_open >= young:
                retries -= 1
                young *= 2
        return retries

    def handle_packet(self, packet: Packet, now_ns: int, *, iss: int | None = None) -> None:
        """A segment for which there is no connection; `iss` is given where a TIME-WAIT entry makes way (RFC 6191)."""
        segment = packet.segment
        flags = segment.flags
        if flags & RST:
            return
        if flags & ACK:
            if flags & SYN or not self._complete_cookie(packet, now_ns):
                self.host.refuse(packet)
        elif flags & SYN and not flags & FIN:
            self._request(packet, now_ns, iss)

    def _drop(self) -> None:
        self.host.counters.add("TcpExt.ListenDrops")

    def _request(self, packet: Packet, now_ns: int, iss: int | None) -> None:
        """A SYN."""
        host, knobs, counters = self.host, self.host.knobs, self.host.counters
        wants_cookie = False
        if iss is None and (knobs.tcp_syncookies == 2 or self.half_open > self.limit):
            counters.add("TcpExt.TCPReqQFullDoCookies" if knobs.tcp_syncookies else "TcpExt.TCPReqQFullDrop")
            wants_cookie = bool(knobs.tcp_syncookies)
            if not wants_cookie:
                self._drop()
                return
        if self.is_accept_queue_full:
            counters.add("TcpExt.ListenOverflows")
            self._drop()
            return
        if iss is None and not knobs.tcp_syncookies and knobs.tcp_max_syn_backlog - self.half_open < knobs.tcp_max_syn_backlog >> 2:
            self._drop()  # the last quarter is for peers known to be alive, and no peer is known here
            return
        local, remote = _ends(packet)
        config = host.config(local, remote, self.config.settings)
        if wants_cookie:
            self._send_cookie(packet, config, now_ns)
            return
        half = answer_syn(config, packet.segment, now_ns, iss=iss)
        key = (local.address, local.port, remote.address, remote.port)
        if self._try_fast_open(key, config, half, packet, now_ns):
            return
        entry = SynEntry(self, key, config, half, now_ns)
        self.syn_queue[key] = entry
        self.half_open += 1
        self.young += 1
        host.add(entry)
        host.deadlines.update(entry)
        self._note_syn(key)
        entry.send_syn_ack(now_ns)

    def _note_syn(self, key: Key) -> None:
        row = row_of(State.LISTEN, Stimulus.SYN)
        self.host.note(key, row.state, row.next, row.clause)

    def _send_cookie(self, packet: Packet, config: ConnectionConfig, now_ns: int) -> None:
        """Answer a SYN and keep nothing."""
        segment = packet.segment
        peer_mss = segment.syn.mss_bytes if segment.syn is not None and segment.syn.mss_bytes else DEFAULT_MSS_BYTES
        assert config.remote is not None
        iss = self.host.cookies.initial_sequence(config.local, config.remote, segment.seq, peer_mss, now_ns)
        half = answer_syn(config, segment, now_ns, iss=iss)
        if not half.agreed.timestamps:
            half.agreed = without_options(half.agreed)
        answer = syn_ack(half, config, now_ns)
        if answer.tsval is not None:
            answer.tsval = (encode_options(half.agreed, (answer.tsval - half.ts_offset) & MASK) + half.ts_offset) & MASK
        self.overflowed_ns = now_ns
        self.host.counters.add("TcpExt.SyncookiesSent")
        self.host.send(Packet(packet.destination, packet.destination_port, packet.source, packet.source_port, answer))

    def _complete_cookie(self, packet: Packet, now_ns: int) -> bool:
        """An ACK without a half-open entry: the end of a handshake by cookie?  False where it must be answered by RST."""
        host, segment = self.host, packet.segment
        if not host.knobs.tcp_syncookies or self.overflowed_ns is None or now_ns - self.overflowed_ns > OVERFLOW_MEMORY_NS:
            return False
        local, remote = _ends(packet)
        irs, iss = (segment.seq - 1) & MASK, (segment.ack - 1) & MASK
        mss = host.cookies.mss_of(local, remote, irs, iss, now_ns)
        if mss is None:
            host.counters.add("TcpExt.SyncookiesFailed")
            return False
        host.counters.add("TcpExt.SyncookiesRecv")
        config = host.config(local, remote, self.config.settings)
        offset = host.secrets.timestamp_offset(local, remote) if host.knobs.tcp_timestamps == 1 else 0
        remembered = decode_options(mss, None if segment.tsval is None else (segment.tsecr - offset) & MASK, host.knobs)
        if remembered is None:
            return False
        if self.is_accept_queue_full:
            host.counters.add("TcpExt.ListenOverflows")
            self._drop()
            return True
        scaling = remembered.window_scale is not None
        rcv_wnd, rcv_wscale = initial_window(host.knobs, self.config.settings, config.advertised_mss_bytes, scaling=scaling)
        half = HalfOpen(
            iss=iss,
            irs=irs,
            agreed=shared(
                Negotiated(
                    peer_mss_bytes=remembered.mss_bytes,
                    window_scaling=scaling,
                    snd_wscale=remembered.window_scale or 0,
                    rcv_wscale=rcv_wscale if scaling else 0,
                    timestamps=remembered.timestamps,
                    sack=remembered.sack,
                    ecn=remembered.ecn,
                )
            ),
            peer_window=segment.window << (remembered.window_scale or 0),
            rcv_wnd=rcv_wnd,
            ts_recent=segment.tsval or 0,
            ts_offset=offset,
            started_ns=now_ns,
            sent_ns=now_ns,
        )
        key = (local.address, local.port, remote.address, remote.port)
        self._note_syn(key)
        self.establish(key, config, half, packet, now_ns)
        return True

    def _try_fast_open(self, key: Key, config: ConnectionConfig, half: HalfOpen, packet: Packet, now_ns: int) -> bool:
        """Data in a SYN (RFC 7413 §4.2): True where the connection exists already; else the SYN-ACK may still carry a cookie."""
        host, segment, counters = self.host, packet.segment, self.host.counters
        offered = None if segment.syn is None else segment.syn.fast_open_cookie
        if offered == b"":
            counters.add("TcpExt.TCPFastOpenCookieReqd")
        allows = Allows(host.knobs.tcp_fastopen & 0x607)
        limit = self.config.fast_open_queue or (self.limit if Allows.ALL_LISTENERS in allows else 0)
        if Allows.SERVER not in allows or limit == 0 or (offered is None and not segment.payload):
            return False
        if self.fast_open_pending >= limit:
            counters.add("TcpExt.TCPFastOpenListenOverflow")
            return False
        local, remote = key[0], key[2]
        if offered is not None:
            half.fast_open_experimental = segment.syn is not None and segment.syn.fast_open_experimental
        keys = FastOpenKeys.of(self.config.fast_open_key) if self.config.fast_open_key else host.fast_open_keys
        free = Allows.SERVER_WITHOUT_COOKIE in allows or self.config.fast_open_no_cookie
        if not free:
            if not offered:
                half.fast_open_cookie = None if offered is None else keys.cookie(local, remote)
                return False
            if not keys.is_valid(offered, local, remote):
                counters.add("TcpExt.TCPFastOpenPassiveFail")
                half.fast_open_cookie = keys.cookie(local, remote)
                return False
            if keys.is_old(offered, local, remote):
                half.fast_open_cookie = keys.cookie(local, remote)
                counters.add("TcpExt.TCPFastOpenPassiveAltKey")
        counters.add("TcpExt.TCPFastOpenPassive")
        half.syn_data = segment.payload
        self._note_syn(key)
        self.fast_open_pending += 1
        entry = self._child(key, config, half, now_ns, fast_open=True)
        host.send(Packet(key[0], key[1], key[2], key[3], syn_ack(half, config, now_ns)))
        self._queue(entry, now_ns)
        return True

    def establish(self, key: Key, config: ConnectionConfig, half: HalfOpen, packet: Packet, now_ns: int) -> None:
        """A handshake is complete: the connection begins with the segment that completed it and waits to be accepted."""
        entry = self._child(key, config, half, now_ns, fast_open=False)
        entry.connection.handle_segment(packet.segment, now_ns, ecn=packet.ecn)
        self._queue(entry, now_ns)

    def _child(self, key: Key, config: ConnectionConfig, half: HalfOpen, now_ns: int, *, fast_open: bool) -> ConnectionEntry:
        connection = Connection.from_half_open(config, half, now_ns, fast_open=fast_open)
        held = claim(key[0], self.config.reuse_address, self.config.reuse_port, self.uid)
        self.host.bindings.hold(key[1], held)
        entry = ConnectionEntry(self.host, key, connection, held, uid=self.uid)
        entry.listener = self
        entry.fast_open = self if fast_open else None
        self.host.counters.add("Tcp.PassiveOpens")
        self.host.add(entry)
        return entry

    def _queue(self, entry: ConnectionEntry, now_ns: int) -> None:
        self.accept_queue.append(entry)
        self.host.touch(entry, now_ns)
        self.tell()

    def tell(self) -> None:
        """There may be something to accept."""
        if self.on_ready is not None:
            self.on_ready()

    def close(self, now_ns: int, heir: Listener | None = None) -> None:
        """No longer listening: what waits is reset and half-open entries are forgotten, unless an heir takes them (`tcp_migrate_req`)."""
        self.is_open = False
        counters = self.host.counters
        for entry in list(self.syn_queue.values()):
            if heir is not None:
                counters.add("TcpExt.TCPMigrateReqSuccess")
                self._hand_over(entry, heir)
            else:
                entry.drop(row_of(State.SYN_RECEIVED, Stimulus.USER_TIMEOUT))
        while self.accept_queue:
            waiting = self.accept_queue.popleft()
            if heir is not None and not heir.is_accept_queue_full and waiting.is_alive:
                counters.add("TcpExt.TCPMigrateReqSuccess")
                waiting.listener = heir
                heir.accept_queue.append(waiting)
                heir.tell()
                continue
            if heir is not None:
                counters.add("TcpExt.TCPMigrateReqFailure")
            waiting.disown()
            waiting.abort(now_ns)

    def _hand_over(self, entry: SynEntry, heir: Listener) -> None:
        del self.syn_queue[entry.key]
        self.half_open -= 1
        heir.half_open += 1
        if entry.timeouts == 0:
            self.young -= 1
            heir.young += 1
        heir.syn_queue[entry.key] = entry
        entry.listener = heir

    def snapshot(self, now_ns: int) -> SocketSnapshot:  # noqa: ARG002 - asked like the others
        """The listener as sock_diag tells it: the queue's length and its limit."""
        wild = "::" if is_ipv6(self.address) else "0.0.0.0"  # noqa: S104
        return SocketSnapshot(
            local=Endpoint(self.address, self.port),
            remote=Endpoint(wild, 0),
            state=State.LISTEN,
            recv_queue=len(self.accept_queue),
            send_queue=self.limit,
            uid=self.uid,
            inode=self.inode,
            cookie=self.inode,
            v6only=self.config.v6only,
        )


def _ends(packet: Packet) -> tuple[Endpoint, Endpoint]:
    """Both ends of a packet, ours first, with one text for all that share an address."""
    source, destination = sys.intern(packet.source), sys.intern(packet.destination)
    return shared_endpoint(destination, packet.destination_port), Endpoint(source, packet.source_port)
