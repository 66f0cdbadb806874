"""connect(): from a socket to a SYN, with and without data in it (RFC 7413)."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

from estab.engine import naming
from estab.engine.connection import Connection
from estab.engine.entries import ConnectionEntry
from estab.engine.fast_open import Allows, Server
from estab.engine.host import Host
from estab.engine.opening import syn_data_room
from estab.engine.options import ConnectionConfig
from estab.engine.socket_options import CallError
from estab.flow import Endpoint
from estab.machine.states import State

if TYPE_CHECKING:
    from estab.engine.sockets import Socket

OPENING_STATES = (State.SYN_SENT, State.SYN_RECEIVED)


def check_connect(sock: Socket) -> bool:
    """What a connect() on a socket that has seen one before answers; True where a new connection may be begun.

    False: the one begun before has come to be, and this call is told so.
    """
    entry = sock.entry
    if sock.listener is not None or sock.deferred is not None:
        raise CallError(errno.EISCONN)
    if entry is None:
        return True
    if not sock.connecting:
        raise CallError(errno.EISCONN)
    if entry.connection.state in OPENING_STATES and entry.is_alive:
        raise CallError(errno.EALREADY)
    sock.connecting = False
    if entry.is_alive:
        return False
    code = entry.connection.take_error() or errno.ECONNABORTED
    sock.forget_connection()
    raise CallError(code)


def known_server(host: Host, sock: Socket, source: str, destination: str, now_ns: int) -> Server | None:
    """The Fast Open cookie of a server, where this socket may use one; without `tcp_fastopen` or before the first, None."""
    if not host.knobs.tcp_fastopen & Allows.CLIENT:
        return None
    if sock.config.fast_open_no_cookie or host.knobs.tcp_fastopen & Allows.CLIENT_WITHOUT_COOKIE:
        return host.fast_open_cache.look_up(source, destination, now_ns) or Server()
    known = host.fast_open_cache.look_up(source, destination, now_ns)
    return known if known is not None and known.cookie else None


def open_connection(sock: Socket, remote: Endpoint, now_ns: int, *, data: bytes | None = None) -> int:
    """Begin a connection; `data` not None asks for Fast Open.  How much of it the SYN carries."""
    host = sock.host
    bound = sock.bound
    source, mtu = naming.source_for(host, remote.address, bound)
    key, iss = naming.take_tuple(host, source, 0 if bound is None else bound.port, remote, now_ns)
    config = replace(host.config(Endpoint(source, key[1]), remote, sock.config.settings, mtu), iss=iss)
    carried = b""
    if data is not None:
        config, carried = _with_fast_open(host, sock, config, data, now_ns)
    claim = sock.give_claim(key)
    entry = ConnectionEntry(host, key, Connection.active(config, now_ns, data=carried), claim, uid=sock.uid)
    entry.socket, entry.inode = sock, sock.inode
    sock.entry = entry
    host.counters.add("Tcp.ActiveOpens")
    host.add(entry)
    host.touch(entry, now_ns)
    return len(carried)


def _with_fast_open(host: Host, sock: Socket, config: ConnectionConfig, data: bytes, now_ns: int) -> tuple[ConnectionConfig, bytes]:
    """The configuration of a Fast Open connection, and the data that its SYN may carry: none while the server's cookie is asked for."""
    assert config.remote is not None
    if not host.knobs.tcp_fastopen & Allows.CLIENT:
        return config, b""
    known = known_server(host, sock, config.local.address, config.remote.address, now_ns)
    if known is None:
        remembered = host.fast_open_cache.look_up(config.local.address, config.remote.address, now_ns)
        experimental = remembered is not None and remembered.asks_experimentally
        return replace(config, fast_open_cookie=b"", fast_open_experimental=experimental), b""
    config = replace(
        config,
        fast_open_cookie=known.cookie or None,
        fast_open_experimental=known.experimental,
        fast_open_without_cookie=not known.cookie,
        fast_open_mss_bytes=known.mss_bytes,
    )
    return config, data[: syn_data_room(config)]
