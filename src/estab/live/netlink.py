"""Small netlink dumps, message by message: links, queues, neighbours (include/uapi/linux/netlink.h).

For thousands of sockets there is `sock_diag`; here an answer has tens of messages.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

NETLINK_ROUTE = 0
_HEADER = struct.Struct("=IHHII")
_DONE, _ERROR = 3, 2
_PATIENCE_S = 10
_BUFFER_BYTES = 1 << 18


def dump(kind: int, body: bytes) -> Iterator[bytes]:
    """The bodies (behind the header) of the answers to a rtnetlink dump in the calling thread's namespace; raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_ROUTE) as asked:
        asked.settimeout(_PATIENCE_S)
        asked.send(_HEADER.pack(_HEADER.size + len(body), kind, 0x301, 1, 0) + body)
        while True:
            for answer, payload in messages(asked.recv(_BUFFER_BYTES)):
                if answer in {_DONE, _ERROR}:
                    code = struct.unpack_from("=i", payload)[0] if len(payload) >= 4 else 0
                    if code < 0:
                        raise OSError(-code, os.strerror(-code))
                    return
                yield payload


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and body of each whole message of an answer."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size or at + length > len(data):
            return
        yield kind, data[at + _HEADER.size : at + length]
        at += (length + 3) // 4 * 4


def attributes(data: bytes) -> dict[int, bytes]:
    """Attributes by their kind; one that does not fit ends the list."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        if size < 4 or at + size > len(data):
            break
        found[kind & 0x3FFF] = data[at + 4 : at + size]
        at += (size + 3) // 4 * 4
    return found


def text_of(data: bytes) -> str:
    """A string attribute."""
    return data.rstrip(b"\0").decode("utf-8", "replace")
