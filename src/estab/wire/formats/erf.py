"""ERF, the format of Endace capture cards: records without a file header, so it is found by what several of them look like."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from estab.lives import kernel
from estab.wire.formats.walker import COMMON_FIELDS, STOP_DAMAGE, STOP_FULL, STOP_SHORT, Walker, put_record
from estab.wire.link import LINKTYPE_C_HDLC, LINKTYPE_ETHERNET, LINKTYPE_IPV4, LINKTYPE_IPV6, LINKTYPE_PPP
from estab.wire.octets import be16, le32

HEADER_BYTES = 16
MOST_EXTENSIONS = 16

_LARGEST_TYPE = 48
_EARLIEST_S, _LATEST_S = 631_152_000, 4_102_444_800
"""A file with times outside 1990 to 2100 is not taken for ERF."""
_RECORDS_LOOKED_AT = 3
_WEEK_S = 7 * 86_400

ERF_WALK: np.dtype[Any] = np.dtype(COMMON_FIELDS)


@kernel
def walk_erf(data: bytes, end: int, walk: Any, records: Any, capacity: int) -> int:
    """Finds up to `capacity` records between `walk.position` and `end`; gives their number and moves `walk` on."""
    at = walk.position
    frames = walk.frames
    count = 0
    stop = STOP_FULL
    while count < capacity:
        if end - at < HEADER_BYTES:
            stop = STOP_SHORT
            break
        total = be16(data, at + 10)
        if total < HEADER_BYTES:
            stop = STOP_DAMAGE
            break
        if total > end - at:
            stop = STOP_SHORT
            break
        start = at + HEADER_BYTES
        more = data[at + 8] & 0x80
        for _ in range(MOST_EXTENSIONS):  # extension headers of eight bytes each; the first bit says whether one more follows
            if not more or start >= at + total:
                break
            more = data[start] & 0x80
            start += 8
        kind = data[at + 8] & 0x7F
        link_type = -1
        if kind == 2 or kind == 11 or kind == 16 or kind == 20:
            link_type = LINKTYPE_ETHERNET
            start += 2
        elif kind == 1 or kind == 10 or kind == 15 or kind == 17 or kind == 19:
            cisco = start < at + total and data[start] & 0x7F == 0x0F  # PPP would begin with 0xFF
            link_type = LINKTYPE_C_HDLC if cisco else LINKTYPE_PPP
        elif kind == 22:
            link_type = LINKTYPE_IPV4
        elif kind == 23:
            link_type = LINKTYPE_IPV6
        original = be16(data, at + 14)
        captured = max(min(at + total - start, original), 0)
        time_ns = le32(data, at + 4) * 1000000000 + (le32(data, at) * 1000000000 >> 32)
        put_record(records[count], frames + count + 1, time_ns, start, captured, original, link_type, data[at + 9] & 3)
        count += 1
        at += total
    walk.position = at
    walk.frames = frames + count
    walk.stop = stop
    return count


class ErfWalker(Walker):
    """Walks over an ERF file."""

    state_dtype = ERF_WALK
    kernel = staticmethod(walk_erf)

    def __init__(self, head: bytes) -> None:
        del head  # the first record is like any other
        super().__init__()

    @staticmethod
    def begins(head: bytes) -> bool:
        """There is no file header that could be cut."""
        del head
        return False

    @staticmethod
    def knows(head: bytes) -> bool:
        """True where what stands here reads as records of known types with times near each other."""
        at, previous_s = 0, None
        for _ in range(_RECORDS_LOOKED_AT):
            if len(head) - at < HEADER_BYTES:
                break
            seconds, kind = struct.unpack_from("<IB", head, at + 4)
            total = struct.unpack_from(">H", head, at + 10)[0]
            if not 1 <= kind & 0x7F <= _LARGEST_TYPE or total < HEADER_BYTES or not _EARLIEST_S <= seconds <= _LATEST_S:
                return False
            if previous_s is not None and abs(seconds - previous_s) > _WEEK_S:
                return False
            previous_s = seconds
            at += total
        return previous_s is not None
