"""The calls by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from estab.drill.calls import opening, options, receiving, sending, waiting
from estab.drill.calls.arguments import Arguments
from estab.drill.process import Call

CALLS: Mapping[str, Callable[[Arguments], Call]] = {
    "socket": opening.call_socket,
    "bind": opening.call_bind,
    "listen": opening.call_listen,
    "accept": opening.call_accept,
    "connect": opening.call_connect,
    "shutdown": opening.call_shutdown,
    "close": opening.call_close,
    "fcntl": opening.call_fcntl,
    "write": sending.call_write,
    "writev": sending.call_writev,
    "send": sending.call_send,
    "sendto": sending.call_sendto,
    "sendmsg": sending.call_sendmsg,
    "sendfile": sending.call_sendfile,
    "read": receiving.call_read,
    "readv": receiving.call_readv,
    "recv": receiving.call_recv,
    "recvfrom": receiving.call_recv,
    "recvmsg": receiving.call_recvmsg,
    "open": receiving.call_open,
    "pipe": receiving.call_pipe,
    "splice": receiving.call_splice,
    "setsockopt": options.call_setsockopt,
    "getsockopt": options.call_getsockopt,
    "ioctl": options.call_ioctl,
    "poll": waiting.call_poll,
    "epoll_create": waiting.call_epoll_create,
    "epoll_ctl": waiting.call_epoll_ctl,
    "epoll_wait": waiting.call_epoll_wait,
}
