"""The options of a socket: their names, what values the kernel takes, and what they become (net/core/sock.c, net/ipv4/tcp.c).

What a connection acts on is `Settings`; the rest, which only sockets and listeners know, stands beside it in `SocketConfig`.  Both are
frozen, so that the sockets of a listener share one.
"""

from __future__ import annotations

import enum
import errno
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

from estab.engine.options import DEFAULT_SETTINGS, Settings
from estab.engine.siphash import KEY_BYTES
from estab.knobs.values import KnobValues

SYN_TIMEOUT_S, LONGEST_TIMEOUT_S = 1, 120
"""First and longest interval between SYN-ACKs, by which TCP_DEFER_ACCEPT counts seconds."""
LONGEST_LINGER2_S = 120
LONGEST_KEEPALIVE_S = 32_767
MOST_PROBES, MOST_SYNS = 127, 127
SMALLEST_MSS_BYTES, LARGEST_MSS_BYTES = 88, 32_767
SMALLEST_RCVBUF_BYTES, SMALLEST_SNDBUF_BYTES = 2304, 4608
CONGESTION_CONTROLS = ("reno", "cubic", "bbr")


class CallError(OSError):
    """A call failed with the errno that the kernel would give."""

    def __init__(self, code: int) -> None:
        super().__init__(code, errno.errorcode.get(code, str(code)))


class SocketOption(enum.Enum):
    """What `setsockopt` and `getsockopt` know; the values are the kernel's names."""

    REUSEADDR = "SO_REUSEADDR"
    REUSEPORT = "SO_REUSEPORT"
    KEEPALIVE = "SO_KEEPALIVE"
    LINGER = "SO_LINGER"
    """The value is (on, seconds), as in `struct linger`."""
    OOBINLINE = "SO_OOBINLINE"
    RCVBUF = "SO_RCVBUF"
    SNDBUF = "SO_SNDBUF"
    MAX_PACING_RATE = "SO_MAX_PACING_RATE"
    ERROR = "SO_ERROR"
    ACCEPTCONN = "SO_ACCEPTCONN"
    NODELAY = "TCP_NODELAY"
    CORK = "TCP_CORK"
    QUICKACK = "TCP_QUICKACK"
    KEEPIDLE = "TCP_KEEPIDLE"
    KEEPINTVL = "TCP_KEEPINTVL"
    KEEPCNT = "TCP_KEEPCNT"
    USER_TIMEOUT = "TCP_USER_TIMEOUT"
    SYNCNT = "TCP_SYNCNT"
    LINGER2 = "TCP_LINGER2"
    DEFER_ACCEPT = "TCP_DEFER_ACCEPT"
    WINDOW_CLAMP = "TCP_WINDOW_CLAMP"
    MAXSEG = "TCP_MAXSEG"
    CONGESTION = "TCP_CONGESTION"
    NOTSENT_LOWAT = "TCP_NOTSENT_LOWAT"
    FASTOPEN = "TCP_FASTOPEN"
    FASTOPEN_CONNECT = "TCP_FASTOPEN_CONNECT"
    FASTOPEN_NO_COOKIE = "TCP_FASTOPEN_NO_COOKIE"
    FASTOPEN_KEY = "TCP_FASTOPEN_KEY"
    """Sixteen bytes: the key of this listener's cookies, instead of the host's."""
    INFO = "TCP_INFO"
    BIND_ADDRESS_NO_PORT = "IP_BIND_ADDRESS_NO_PORT"
    V6ONLY = "IPV6_V6ONLY"


Value = int | str | bytes | tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketConfig:
    """All options of one socket."""

    settings: Settings = DEFAULT_SETTINGS
    reuse_address: bool = False
    reuse_port: bool = False
    v6only: bool = False
    bind_no_port: bool = False
    defer_accept_retries: int = 0
    """TCP_DEFER_ACCEPT, counted in SYN-ACK timeouts as the kernel keeps it."""
    fast_open_queue: int = 0
    """TCP_FASTOPEN of a listener: how many connections may wait that were opened by data in the SYN."""
    fast_open_connect: bool = False
    fast_open_no_cookie: bool = False
    fast_open_key: bytes = b""
    """Empty: the host's."""
    quick_ack: bool | None = None
    linger: tuple[int, int] = (0, 0)


DEFAULT_CONFIG = SocketConfig()


@functools.lru_cache(maxsize=1024)
def shared(config: SocketConfig) -> SocketConfig:
    """One object for all sockets with the same options."""
    return config


@functools.lru_cache(maxsize=1024)
def inherited(config: SocketConfig) -> SocketConfig:
    """The options of a socket that a listener with these has accepted."""
    return replace(config, fast_open_queue=0, defer_accept_retries=0)


def seconds_to_retries(seconds: int) -> int:
    """How many SYN-ACK timeouts cover so many seconds.

    >>> [seconds_to_retries(seconds) for seconds in (0, 1, 2, 3, 4, 7, 8)]
    [0, 1, 2, 2, 3, 3, 4]
    """
    retries, covered, timeout_s = 0, 0, SYN_TIMEOUT_S
    while covered < seconds and retries < 255:
        retries += 1
        covered += timeout_s
        timeout_s = min(2 * timeout_s, LONGEST_TIMEOUT_S)
    return retries


def retries_to_seconds(retries: int) -> int:
    """The seconds that so many SYN-ACK timeouts take.

    >>> [retries_to_seconds(retries) for retries in (0, 1, 2, 3)]
    [0, 1, 3, 7]
    """
    return sum(min(SYN_TIMEOUT_S << number, LONGEST_TIMEOUT_S) for number in range(retries))


def _integer(value: Value, low: int = -(1 << 31), high: int = (1 << 31) - 1) -> int:
    if not isinstance(value, int) or not low <= value <= high:
        raise CallError(errno.EINVAL)
    return int(value)


def _setting(field: str, read: Callable[[Value], object]) -> Callable[[SocketConfig, Value, KnobValues], SocketConfig]:
    def change(config: SocketConfig, value: Value, _: KnobValues) -> SocketConfig:
        changed: dict[str, object] = {field: read(value)}
        return replace(config, settings=replace(config.settings, **changed))  # type: ignore[arg-type]

    return change


def _own(field: str, read: Callable[[Value], object]) -> Callable[[SocketConfig, Value, KnobValues], SocketConfig]:
    def change(config: SocketConfig, value: Value, _: KnobValues) -> SocketConfig:
        changed: dict[str, object] = {field: read(value)}
        return replace(config, **changed)  # type: ignore[arg-type]

    return change


def _switch(value: Value) -> bool:
    return _integer(value) != 0


def _linger(config: SocketConfig, value: Value, _: KnobValues) -> SocketConfig:
    if not isinstance(value, tuple):
        raise CallError(errno.EINVAL)
    on, seconds = value
    if not on:
        return replace(config, settings=replace(config.settings, linger_s=None), linger=(0, config.linger[1]))
    return replace(config, settings=replace(config.settings, linger_s=seconds & 0xFFFFFFFF), linger=(1, seconds))


def _receive_buffer(config: SocketConfig, value: Value, knobs: KnobValues) -> SocketConfig:
    doubled = max(2 * min(_integer(value) & 0x7FFFFFFF, knobs.rmem_max), SMALLEST_RCVBUF_BYTES)
    return replace(config, settings=replace(config.settings, rcvbuf_bytes=doubled))


def _send_buffer(config: SocketConfig, value: Value, knobs: KnobValues) -> SocketConfig:
    doubled = max(2 * min(_integer(value) & 0x7FFFFFFF, knobs.wmem_max), SMALLEST_SNDBUF_BYTES)
    return replace(config, settings=replace(config.settings, sndbuf_bytes=doubled))


def _linger2(value: Value) -> int | None:
    seconds = _integer(value)
    return -1 if seconds < 0 else min(seconds, LONGEST_LINGER2_S) or None


def _maxseg(value: Value) -> int | None:
    mss = _integer(value)
    return None if mss == 0 else _integer(mss, SMALLEST_MSS_BYTES, LARGEST_MSS_BYTES)


def _congestion(value: Value) -> str:
    if not isinstance(value, str) or value not in CONGESTION_CONTROLS:
        raise CallError(errno.ENOENT)
    return value


def _pacing(value: Value) -> int | None:
    rate = _integer(value, -1, (1 << 62) - 1)
    return None if rate in (-1, 0xFFFFFFFF) else rate


def _key(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != KEY_BYTES:
        raise CallError(errno.EINVAL)
    return value


_CHANGES: dict[SocketOption, Callable[[SocketConfig, Value, KnobValues], SocketConfig]] = {
    SocketOption.REUSEADDR: _own("reuse_address", _switch),
    SocketOption.REUSEPORT: _own("reuse_port", _switch),
    SocketOption.KEEPALIVE: _setting("keepalive", _switch),
    SocketOption.LINGER: _linger,
    SocketOption.OOBINLINE: _setting("oob_inline", _switch),
    SocketOption.RCVBUF: _receive_buffer,
    SocketOption.SNDBUF: _send_buffer,
    SocketOption.MAX_PACING_RATE: _setting("max_pacing_rate_bytes_per_s", _pacing),
    SocketOption.NODELAY: _setting("nodelay", _switch),
    SocketOption.CORK: _setting("cork", _switch),
    SocketOption.QUICKACK: _own("quick_ack", _switch),
    SocketOption.KEEPIDLE: _setting("keep_idle_s", lambda value: _integer(value, 1, LONGEST_KEEPALIVE_S)),
    SocketOption.KEEPINTVL: _setting("keep_interval_s", lambda value: _integer(value, 1, LONGEST_KEEPALIVE_S)),
    SocketOption.KEEPCNT: _setting("keep_count", lambda value: _integer(value, 1, MOST_PROBES)),
    SocketOption.USER_TIMEOUT: _setting("user_timeout_ms", lambda value: _integer(value, 0)),
    SocketOption.SYNCNT: _setting("syn_count", lambda value: _integer(value, 1, MOST_SYNS)),
    SocketOption.LINGER2: _setting("linger2_s", _linger2),
    SocketOption.DEFER_ACCEPT: _own("defer_accept_retries", lambda value: seconds_to_retries(_integer(value))),
    SocketOption.WINDOW_CLAMP: _setting("window_clamp_bytes", lambda value: _integer(value, 0) or None),
    SocketOption.MAXSEG: _setting("maxseg_bytes", _maxseg),
    SocketOption.CONGESTION: _setting("congestion", _congestion),
    SocketOption.NOTSENT_LOWAT: _setting("notsent_lowat_bytes", lambda value: _integer(value, 0, 0xFFFFFFFF)),
    SocketOption.FASTOPEN: _own("fast_open_queue", lambda value: _integer(value, 0)),
    SocketOption.FASTOPEN_CONNECT: _own("fast_open_connect", lambda value: bool(_integer(value, 0, 1))),
    SocketOption.FASTOPEN_NO_COOKIE: _own("fast_open_no_cookie", lambda value: bool(_integer(value, 0, 1))),
    SocketOption.FASTOPEN_KEY: _own("fast_open_key", _key),
    SocketOption.BIND_ADDRESS_NO_PORT: _own("bind_no_port", _switch),
    SocketOption.V6ONLY: _own("v6only", _switch),
}

_SWITCHES = {
    SocketOption.REUSEADDR: "reuse_address",
    SocketOption.REUSEPORT: "reuse_port",
    SocketOption.FASTOPEN: "fast_open_queue",
    SocketOption.FASTOPEN_CONNECT: "fast_open_connect",
    SocketOption.FASTOPEN_NO_COOKIE: "fast_open_no_cookie",
    SocketOption.BIND_ADDRESS_NO_PORT: "bind_no_port",
    SocketOption.V6ONLY: "v6only",
}

_PLAIN = {
    SocketOption.KEEPALIVE: ("keepalive", None),
    SocketOption.OOBINLINE: ("oob_inline", None),
    SocketOption.NODELAY: ("nodelay", None),
    SocketOption.CORK: ("cork", None),
    SocketOption.USER_TIMEOUT: ("user_timeout_ms", None),
    SocketOption.KEEPIDLE: ("keep_idle_s", "tcp_keepalive_time"),
    SocketOption.KEEPINTVL: ("keep_interval_s", "tcp_keepalive_intvl"),
    SocketOption.KEEPCNT: ("keep_count", "tcp_keepalive_probes"),
    SocketOption.SYNCNT: ("syn_count", "tcp_syn_retries"),
    SocketOption.LINGER2: ("linger2_s", "tcp_fin_timeout"),
    SocketOption.CONGESTION: ("congestion", "tcp_congestion_control"),
}


def changed(config: SocketConfig, option: SocketOption, value: Value, knobs: KnobValues) -> SocketConfig:
    """The options with one set; raises CallError(EINVAL) for a value and CallError(ENOPROTOOPT) for an option that cannot be set."""
    change = _CHANGES.get(option)
    if change is None:
        raise CallError(errno.ENOPROTOOPT)
    return shared(change(config, value, knobs))


def current(config: SocketConfig, option: SocketOption, knobs: KnobValues) -> Value | None:
    """What `getsockopt` gives without asking the connection; None where only the connection knows."""
    if option in _SWITCHES:
        return int(getattr(config, _SWITCHES[option]))
    if option in _PLAIN:
        field, knob = _PLAIN[option]
        value = getattr(config.settings, field)
        found: Value = knobs[knob] if value is None and knob is not None else value  # type: ignore[assignment]
        return found if isinstance(found, str) else int(found)  # type: ignore[arg-type]
    if option is SocketOption.LINGER:
        return config.linger
    if option is SocketOption.DEFER_ACCEPT:
        return retries_to_seconds(config.defer_accept_retries)
    if option is SocketOption.RCVBUF and config.settings.rcvbuf_bytes is not None:
        return config.settings.rcvbuf_bytes
    if option is SocketOption.SNDBUF and config.settings.sndbuf_bytes is not None:
        return config.settings.sndbuf_bytes
    if option is SocketOption.NOTSENT_LOWAT:
        return config.settings.notsent_lowat_bytes or 0
    if option is SocketOption.FASTOPEN_KEY:
        return config.fast_open_key
    if option is SocketOption.WINDOW_CLAMP:
        return config.settings.window_clamp_bytes or 0
    return None
