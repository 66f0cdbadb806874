"""Symbols in calls and their numbers on Linux (x86-64), and values made of them."""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Mapping

from estab.drill.script import AnyOf, Anything, Bytes, Made, Name, Number, Value
from estab.text import Text, msg

_FILES = {"O_RDONLY": 0, "O_WRONLY": 1, "O_RDWR": 2, "O_NONBLOCK": 0o4000, "F_GETFL": 3, "F_SETFL": 4, "NULL": 0}
_SOCKETS = {
    "AF_UNSPEC": 0, "AF_INET": 2, "AF_INET6": 10, "PF_INET": 2, "SOCK_STREAM": 1, "SOCK_DGRAM": 2, "SOCK_NONBLOCK": 0o4000,
    "IPPROTO_IP": 0, "IPPROTO_TCP": 6, "SHUT_RD": 0, "SHUT_WR": 1, "SHUT_RDWR": 2, "SIOCINQ": 0x541B, "SIOCOUTQ": 0x5411,
    "FIONREAD": 0x541B, "SIOCATMARK": 0x8905, "SIOCOUTQNSD": 0x894B,
    "SOL_SOCKET": 1, "SOL_IP": 0, "SOL_TCP": 6, "SOL_IPV6": 41,
    "IP_PMTUDISC_DONT": 0, "IP_PMTUDISC_WANT": 1, "IP_PMTUDISC_DO": 2, "IP_PMTUDISC_PROBE": 3,
}  # fmt: skip
MESSAGES = {
    "MSG_OOB": 1, "MSG_PEEK": 2, "MSG_TRUNC": 0x20, "MSG_CTRUNC": 8, "MSG_DONTWAIT": 0x40, "MSG_EOR": 0x80, "MSG_WAITALL": 0x100,
    "MSG_ERRQUEUE": 0x2000, "MSG_NOSIGNAL": 0x4000, "MSG_MORE": 0x8000, "MSG_ZEROCOPY": 0x4000000, "MSG_FASTOPEN": 0x20000000,
}  # fmt: skip
POLLS = {"POLLIN": 1, "POLLPRI": 2, "POLLOUT": 4, "POLLERR": 8, "POLLHUP": 0x10, "POLLNVAL": 0x20, "POLLRDHUP": 0x2000}
EPOLLS = {
    **{f"E{name}": number for name, number in POLLS.items() if name != "POLLNVAL"},
    "EPOLLEXCLUSIVE": 1 << 28, "EPOLLONESHOT": 1 << 30, "EPOLLET": 1 << 31,
}  # fmt: skip
_CONTROL = {
    "EPOLL_CTL_ADD": 1, "EPOLL_CTL_DEL": 2, "EPOLL_CTL_MOD": 3,
    "SO_EE_ORIGIN_NONE": 0, "SO_EE_ORIGIN_LOCAL": 1, "SO_EE_ORIGIN_ICMP": 2, "SO_EE_ORIGIN_ICMP6": 3, "SO_EE_ORIGIN_TIMESTAMPING": 4,
    "SO_EE_ORIGIN_ZEROCOPY": 5, "SO_EE_CODE_ZEROCOPY_COPIED": 1, "SCM_TSTAMP_SND": 0, "SCM_TSTAMP_SCHED": 1, "SCM_TSTAMP_ACK": 2,
    "SOF_TIMESTAMPING_TX_HARDWARE": 1, "SOF_TIMESTAMPING_TX_SOFTWARE": 2, "SOF_TIMESTAMPING_RX_SOFTWARE": 8,
    "SOF_TIMESTAMPING_SOFTWARE": 16, "SOF_TIMESTAMPING_OPT_ID": 128, "SOF_TIMESTAMPING_TX_SCHED": 256, "SOF_TIMESTAMPING_TX_ACK": 512,
    "SOF_TIMESTAMPING_OPT_TSONLY": 2048, "SCM_TIMESTAMPING": 37, "IP_RECVERR": 11, "IPV6_RECVERR": 25, "TCP_CM_INQ": 36,
}  # fmt: skip
NUMBERS: Mapping[str, int] = {**_FILES, **_SOCKETS, **MESSAGES, **POLLS, **EPOLLS, **_CONTROL}

ERRNOS: Mapping[str, int] = {name: number for number, name in errno.errorcode.items()} | {"EWOULDBLOCK": errno.EAGAIN, "EOPNOTSUPP": 95}


class UnusableValueError(Exception):
    """A value that has no meaning where it stands."""

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(str(reason))


def number_of(value: Value) -> int:
    """The integer that a value stands for; raises UnusableValueError.

    >>> number_of(AnyOf((Name("O_RDWR"), Name("O_NONBLOCK"))))
    2050
    """
    match value:
        case Number(number):
            return number
        case Name(text) if text in NUMBERS:
            return NUMBERS[text]
        case AnyOf(parts):
            return sum({1 << bit for part in parts for bit in range(64) if number_of(part) >> bit & 1})
        case Made("htons", port):
            return number_of(port)
        case Name(text):
            raise UnusableValueError(msg('the symbol "{name}" is not known here', name=text))
    raise UnusableValueError(msg("a number is needed here"))


def address_of(value: Value) -> str:
    """The address inside `inet_addr("…")` or `inet6_addr("…")`; raises UnusableValueError."""
    if isinstance(value, Made) and isinstance(value.argument, Bytes):
        try:
            return str(ipaddress.ip_address(value.argument.value.decode("ascii", "replace")))
        except ValueError:
            pass
    raise UnusableValueError(msg("an address is needed here"))


def is_anything(value: Value) -> bool:
    """True for `...` and for `_`."""
    return isinstance(value, Anything) or value == Name("_")


def name_flags(number: int, names: Mapping[str, int]) -> str:
    """A set of flags in words.

    >>> name_flags(5, POLLS)
    'POLLIN|POLLOUT'
    """
    words = [name for name, flag in names.items() if number & flag]
    return "|".join(words) or "0"


def name_errno(number: int) -> str:
    """The symbol of an errno."""
    return {errno.ENOTSUP: "EOPNOTSUPP"}.get(number) or errno.errorcode.get(number, str(number))


def errno_of(value: Value) -> int:
    """The number of an errno that is written as a symbol, or as a number."""
    return ERRNOS[value.text] if isinstance(value, Name) and value.text in ERRNOS else number_of(value)
