"""setsockopt() and getsockopt(): options that are only kept, and options that a running connection acts on at once."""

from __future__ import annotations

import errno
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from estab.engine.options import Settings
from estab.engine.socket_options import CallError, SocketOption, Value, changed, current
from estab.machine.states import State
from estab.snapshot import TcpInfo

if TYPE_CHECKING:
    from estab.engine.sockets import Socket

DEFAULT_MSS_BYTES = 536
PUSHING = {SocketOption.NODELAY, SocketOption.CORK}
"""Setting these to what they are already does something too: what waits may leave (tcp_push_pending_frames)."""


def set_option(sock: Socket, option: SocketOption, value: Value, now_ns: int) -> None:
    """Set an option; the kernel's errno for what it does not take."""
    if option is SocketOption.FASTOPEN and sock.entry is not None:
        raise CallError(errno.EINVAL)
    if option is SocketOption.FASTOPEN_CONNECT:
        if not sock.host.knobs.tcp_fastopen & 1:
            raise CallError(errno.EOPNOTSUPP)
        if sock.state is not State.CLOSED:
            raise CallError(errno.EINVAL)
    if option is SocketOption.V6ONLY and sock.bound is not None:
        raise CallError(errno.EINVAL)
    before, sock.config = sock.config, changed(sock.config, option, value, sock.host.knobs)
    if sock.listener is not None:
        sock.listener.config = sock.config
    if sock.claim is not None:
        sock.change_claim(replace(sock.claim, reuse_address=sock.config.reuse_address, reuse_port=sock.config.reuse_port))
    entry = sock.entry
    if entry is None or not entry.is_alive:
        return
    if option is SocketOption.QUICKACK:
        entry.connection.acknowledge_now(now_ns, on=bool(sock.config.quick_ack))
    else:
        difference = _difference(before.settings, sock.config.settings)
        if option in PUSHING:
            name = option.name.lower()
            difference[name] = getattr(sock.config.settings, name)
        if difference:
            entry.connection.change(now_ns, **difference)
    sock.host.touch(entry, now_ns)


def get_option(sock: Socket, option: SocketOption, now_ns: int) -> Value | TcpInfo:
    """The value of an option; SO_ERROR is cleared by being read."""
    connection = None if sock.entry is None else sock.entry.connection
    if option is SocketOption.ERROR:
        return sock.take_error()
    if option is SocketOption.ACCEPTCONN:
        return int(sock.listener is not None)
    if option is SocketOption.INFO:
        return TcpInfo(state=sock.state) if connection is None else connection.info(now_ns)
    if option is SocketOption.MAXSEG:
        if connection is None or sock.state is State.CLOSED:
            return sock.config.settings.maxseg_bytes or DEFAULT_MSS_BYTES
        return connection.info(now_ns).snd_mss_bytes or DEFAULT_MSS_BYTES
    found = current(sock.config, option, sock.host.knobs)
    if found is not None:
        return found
    knobs = sock.host.knobs
    if option is SocketOption.RCVBUF:
        receiver = None if connection is None else connection.receiver
        return int(knobs.tcp_rmem[1]) if receiver is None else receiver.rcvbuf_bytes
    if option is SocketOption.SNDBUF:
        sender = None if connection is None else connection.sender
        return int(knobs.tcp_wmem[1]) if sender is None else sender.sndbuf_bytes
    if option is SocketOption.QUICKACK:
        return int(sock.config.quick_ack is not False)
    if option is SocketOption.MAX_PACING_RATE:
        return 0xFFFFFFFFFFFFFFFF
    raise CallError(errno.ENOPROTOOPT)


def _difference(before: Settings, after: Settings) -> dict[str, object]:
    return {
        field.name: getattr(after, field.name) for field in fields(Settings) if getattr(before, field.name) != getattr(after, field.name)
    }
