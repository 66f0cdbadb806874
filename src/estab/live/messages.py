"""Netlink messages of sock_diag, many at once, into rows of the socket table.

A dump is a chain of messages of variable length: `inet_diag_msg`, then attributes (include/uapi/linux/inet_diag.h).  One kernel writes
most of them to one pattern: the same attributes in the same order with the same lengths.  So the first message that is not yet
understood is walked attribute by attribute, which gives a pattern; all messages of the batch whose attribute headers are the same are
then copied column by column.  What costs is the number of patterns (a handful), not the number of sockets.

Lengths are checked before use: a message that does not hold what it promises ends the batch (`DumpError`).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.errors import EstabError
from estab.machine.states import State
from estab.snapshot_table import INFO_AT, INFO_BYTES, IPV4, IPV6, MEMORY_AT, MEMORY_FIELDS, SOCKET, SocketArray

HEADER_BYTES = 16
"""`struct nlmsghdr`."""
BODY_AT = HEADER_BYTES + 72
"""Where the attributes begin: behind `struct inet_diag_msg`."""

AF_INET, AF_INET6 = 2, 10

STATES = {
    1: State.ESTABLISHED, 2: State.SYN_SENT, 3: State.SYN_RECEIVED, 4: State.FIN_WAIT_1, 5: State.FIN_WAIT_2, 6: State.TIME_WAIT,
    7: State.CLOSED, 8: State.CLOSE_WAIT, 9: State.LAST_ACK, 10: State.LISTEN, 11: State.CLOSING, 12: State.SYN_RECEIVED,
}  # fmt: skip
"""The kernel's numbers (include/net/tcp_states.h); 12 is TCP_NEW_SYN_RECV; a number that is not known is CLOSED."""

_STATE_OF = np.zeros(256, np.uint8)
_STATE_OF[list(STATES)] = list(STATES.values())

_MEMORY_BYTES = 4 * len(MEMORY_FIELDS)

_ALIKE, _LEAP = 8, 1024
"""After so many messages of one length in a row, at most so many more are looked at together."""


class DumpError(EstabError):
    """The kernel's answer is not what its headers promise."""


@dataclass(frozen=True, slots=True)
class _Attribute:
    """What of an attribute goes where: so many bytes, from the start of the payload, to an offset in a row."""

    name: str
    row_at: int
    most: int


_ATTRIBUTES = {
    2: _Attribute("info", INFO_AT, INFO_BYTES),
    4: _Attribute("congestion", SOCKET.fields["congestion"][1], 16),  # type: ignore[index]
    7: _Attribute("memory", MEMORY_AT, _MEMORY_BYTES),
    8: _Attribute("shutdown", SOCKET.fields["shutdown"][1], 1),  # type: ignore[index]
    11: _Attribute("v6only", SOCKET.fields["v6only"][1], 1),  # type: ignore[index]
    15: _Attribute("mark", SOCKET.fields["mark"][1], 4),  # type: ignore[index]
    21: _Attribute("cgroup", SOCKET.fields["cgroup"][1], 8),  # type: ignore[index]
}
"""INET_DIAG_INFO, _CONG, _SKMEMINFO, _SHUTDOWN, _SKV6ONLY, _MARK, _CGROUP_ID; the other ones are passed over."""

_ROW = SOCKET.fields
assert _ROW is not None
# Blocks of a row that are copied whole: what stands side by side in `inet_diag_msg` stands side by side in the table.
_COUNTS_AT = _ROW["timer_expires_ms"][1]
_BLOCKS = np.dtype(
    {
        "names": ["addresses", "counts", "cookie", "interface", "kinds", "ports"],
        "formats": [(np.uint32, 8), "V20", np.uint64, np.uint32, "V4", (np.uint16, 2)],
        "offsets": [
            _ROW["local_address"][1], _COUNTS_AT, _ROW["cookie"][1], _ROW["interface"][1], _ROW["family"][1], _ROW["local_port"][1],
        ],
        "itemsize": SOCKET.itemsize,
    }
)  # fmt: skip


class Pattern:
    """Messages of one length with the same attributes in the same places."""

    def __init__(self, length: int, family: int, headers: list[tuple[int, int]], copies: list[tuple[int, int, _Attribute]]) -> None:
        self.length, self.family = length, family
        self.stride = (length + 3) // 4 * 4
        self.header_places = np.array([at // 4 for at, _ in headers], np.int64)
        self.header_words = np.array([word for _, word in headers], np.uint32)
        self.has_info = any(attribute.name == "info" for _, _, attribute in copies)
        self.has_memory = any(attribute.name == "memory" for _, _, attribute in copies)
        names = ["kinds", "ports", "addresses", "interface", "cookie", "counts"]
        formats: list[Any] = ["V4", (">u2", 2), (">u4", 8), np.uint32, np.uint64, "V20"]
        offsets = [16, 20, 24, 56, 60, 68]
        row_names, row_formats, row_offsets = [], [], []
        for at, size, attribute in copies:
            names.append(attribute.name)
            formats.append(f"V{size}")
            offsets.append(at)
            row_names.append(attribute.name)
            row_formats.append(f"V{size}")
            row_offsets.append(attribute.row_at)
        self.source = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": self.stride})
        self.target = np.dtype({"names": row_names, "formats": row_formats, "offsets": row_offsets, "itemsize": SOCKET.itemsize})

    def fits(self, words: npt.NDArray[np.uint32], octets: npt.NDArray[np.uint8], places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of the messages that begin at `places` are written to this pattern."""
        same: npt.NDArray[np.bool_] = octets[places + HEADER_BYTES] == self.family
        same &= words[places >> 2] == self.length
        chosen = np.flatnonzero(same)
        if len(chosen) and len(self.header_places):
            found = words[(places[chosen] >> 2)[:, None] + self.header_places]
            same[chosen] = (found == self.header_words).all(axis=1)
        return same

    def copy(self, messages: npt.NDArray[np.void], rows: SocketArray) -> None:
        """Writes messages (of dtype `source`) into as many zeroed rows."""
        blocks = rows.view(_BLOCKS)
        for name in ("kinds", "ports", "interface", "cookie", "counts"):
            blocks[name] = messages[name]
        if self.family == AF_INET:
            rows["local_address"][:, 3] = messages["addresses"][:, 0]
            rows["remote_address"][:, 3] = messages["addresses"][:, 4]
            rows["local_address"][:, 2] = rows["remote_address"][:, 2] = 0xFFFF
            rows["family"] = IPV4
        else:
            blocks["addresses"] = messages["addresses"]
            rows["family"] = IPV6
        rows["state"] = _STATE_OF[rows["state"]]
        if self.target.names:
            placed = rows.view(self.target)
            for name in self.target.names:
                placed[name] = messages[name]
        rows["has_memory"] = self.has_memory
        if self.has_info:
            rows["has_info"] = True
            scales, limited = rows["snd_wscale"], rows["delivery_rate_app_limited"]
            rows["rcv_wscale"] = scales >> 4
            rows["snd_wscale"] = scales & 15
            rows["fastopen_client_fail"] = (limited >> 1) & 3
            rows["delivery_rate_app_limited"] = limited & 1


def chain(words: memoryview, end: int) -> npt.NDArray[np.int64]:
    """Where each message begins, in bytes, of a buffer (as 32-bit words) filled up to `end`; raises DumpError for a broken chain."""
    places: list[npt.NDArray[np.int64]] = []
    single: list[int] = []
    at, end_word, alike, last = 0, end // 4, 0, 0
    numbers = np.frombuffer(words, np.uint32)
    while at < end_word:
        length = words[at]
        step = (length + 3) // 4
        if length < HEADER_BYTES or at + step > end_word:
            raise DumpError(f"a message of {length} bytes does not fit into what was read")
        alike = alike + 1 if length == last else 0
        last = length
        if alike < _ALIKE:
            single.append(at)
            at += step
            continue
        # A run of messages of one length: how far it goes is one comparison.
        ahead = numbers[at : min(end_word, at + step * _LEAP) : step]
        differing = np.flatnonzero(ahead != length)
        count = int(differing[0]) if len(differing) else len(ahead)
        if at + count * step > end_word:
            raise DumpError(f"a message of {length} bytes does not fit into what was read")
        places += [np.array(single, np.int64), np.arange(at, at + count * step, step)]
        single, alike, at = [], 0, at + count * step
    return np.concatenate([*places, np.array(single, np.int64)]) * 4


def read_pattern(data: memoryview, at: int) -> Pattern:
    """The pattern of the message at an offset; raises DumpError where its attributes do not fit into it."""
    length = struct.unpack_from("=I", data, at)[0]
    if length < BODY_AT:
        raise DumpError(f"a message of {length} bytes is too short for a socket")
    headers: list[tuple[int, int]] = []
    copies: list[tuple[int, int, _Attribute]] = []
    place = BODY_AT
    while place + 4 <= length:
        size, kind = struct.unpack_from("=HH", data, at + place)
        if size < 4 or place + size > length:
            raise DumpError(f"an attribute of {size} bytes does not fit into its message")
        headers.append((place, size | kind << 16))
        wanted = _ATTRIBUTES.get(kind & 0x3FFF)
        if wanted is not None and size > 4 and all(other is not wanted for _, _, other in copies):
            copies.append((place + 4, min(size - 4, wanted.most), wanted))
        place += (size + 3) // 4 * 4
    return Pattern(length, data[at + HEADER_BYTES], headers, copies)


class Reader:
    """Turns batches of messages into rows, and remembers the patterns that it has met."""

    def __init__(self) -> None:
        self._patterns: list[Pattern] = []

    def read(self, data: memoryview, places: npt.NDArray[np.int64], rows: SocketArray) -> None:
        """Fills zeroed rows, one for each message that begins at `places` in `data`; the order is kept."""
        words, octets = np.frombuffer(data, np.uint32), np.frombuffer(data, np.uint8)
        left = np.arange(len(places))
        known = iter(tuple(self._patterns))
        while len(left):
            pattern = next(known, None)
            if pattern is None:
                pattern = read_pattern(data, int(places[left[0]]))
                self._patterns.insert(0, pattern)
            fits = pattern.fits(words, octets, places[left])
            if fits.all():
                chosen, left = left, left[:0]
            else:
                chosen, left = left[fits], left[~fits]
            if len(chosen):
                _place(data, places[chosen], pattern, rows, chosen)


def _place(data: memoryview, places: npt.NDArray[np.int64], pattern: Pattern, rows: SocketArray, chosen: npt.NDArray[np.int64]) -> None:
    """Copies messages of one pattern into the chosen rows."""
    begin, count = int(places[0]), len(places)
    if int(places[-1]) - begin == (count - 1) * pattern.stride:
        messages = np.ndarray((count,), pattern.source, data, begin)
    else:
        # Every fourth byte may begin a message: taking some of such overlapping items copies each in one piece.
        every = np.ndarray(((len(data) - pattern.stride) // 4 + 1,), f"V{pattern.stride}", data, 0, (4,))
        messages = every[places >> 2].view(pattern.source)
    if count == len(rows):
        pattern.copy(messages, rows)
        return
    part = np.zeros(count, SOCKET)
    pattern.copy(messages, part)
    rows[chosen] = part
