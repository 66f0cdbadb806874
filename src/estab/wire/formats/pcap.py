"""pcap: a file header, then records (draft-ietf-opsawg-pcap).

Both byte orders; microseconds, nanoseconds, and the variant of old Linux systems whose record headers have eight bytes more.  Files of
versions before 2.3 hold the two lengths of a record the other way round, some of version 2.3 too.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from estab.lives import kernel
from estab.wire.formats.walker import COMMON_FIELDS, STOP_DAMAGE, STOP_FULL, STOP_SHORT, Walker, put_record, snap_limit
from estab.wire.octets import be32, le32

FILE_HEADER_BYTES = 24

_MICROSECONDS, _NANOSECONDS, _MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34

PCAP_WALK: np.dtype[Any] = np.dtype(
    [
        *COMMON_FIELDS,
        ("big_endian", "i8"),
        ("fraction_ns", "i8"),  # nanoseconds that one unit of the second time field counts
        ("header_bytes", "i8"),  # of a record
        ("swapped", "i8"),  # 1: the lengths are the other way round; 2: where they make no sense otherwise
        ("link_type", "i8"),
    ]
)


@kernel
def walk_pcap(data: bytes, end: int, walk: Any, records: Any, capacity: int) -> int:
    """Finds up to `capacity` records between `walk.position` and `end`; gives their number and moves `walk` on."""
    at = walk.position
    big_endian = walk.big_endian
    fraction_ns = walk.fraction_ns
    header_bytes = walk.header_bytes
    largest = walk.largest
    link_type = walk.link_type
    swapped = walk.swapped
    frames = walk.frames
    count = 0
    stop = STOP_FULL
    while count < capacity:
        start = at + header_bytes
        if start > end:
            stop = STOP_SHORT
            break
        if big_endian:
            time_ns = be32(data, at) * 1000000000 + be32(data, at + 4) * fraction_ns
            captured = be32(data, at + 8)
            original = be32(data, at + 12)
        else:
            time_ns = le32(data, at) * 1000000000 + le32(data, at + 4) * fraction_ns
            captured = le32(data, at + 8)
            original = le32(data, at + 12)
        if swapped and (swapped == 1 or captured > original):
            captured, original = original, captured
        if captured > largest:
            stop = STOP_DAMAGE
            break
        if captured > end - start:
            stop = STOP_SHORT
            break
        put_record(records[count], frames + count + 1, time_ns, start, captured, max(captured, original), link_type, 0)
        count += 1
        at = start + captured
    walk.position = at
    walk.frames = frames + count
    walk.stop = stop
    return count


class PcapWalker(Walker):
    """Walks over a pcap file whose first bytes are `head`."""

    state_dtype = PCAP_WALK
    kernel = staticmethod(walk_pcap)

    def __init__(self, head: bytes) -> None:
        super().__init__()
        order = _byte_order(head)
        assert order is not None
        magic, major, minor, _zone, _accuracy, self.snap_bytes, link = struct.unpack_from(f"{order}IHHiIII", head)
        self.state.position = FILE_HEADER_BYTES
        self.state.big_endian = int(order == ">")
        self.state.fraction_ns = 1 if magic == _NANOSECONDS else 1000
        self.state.header_bytes = 24 if magic == _MODIFIED else 16
        self.state.swapped = (1 if minor < 3 else 2 if minor == 3 else 0) if major == 2 else 0
        self.state.largest = snap_limit(self.snap_bytes)
        self.state.link_type = link & 0xFFFF  # the upper half says whether frames end in a checksum

    @staticmethod
    def begins(head: bytes) -> bool:
        """True where these are the first bytes of a pcap file, if perhaps not its whole header."""
        return _byte_order(head) is not None

    @staticmethod
    def knows(head: bytes) -> bool:
        """True where a whole file header stands here."""
        return len(head) >= FILE_HEADER_BYTES and _byte_order(head) is not None


def _byte_order(head: bytes) -> str | None:
    """`<` or `>` by the magic number; None where there is none."""
    for order in "<", ">":
        if len(head) >= 4 and struct.unpack_from(f"{order}I", head)[0] in (_MICROSECONDS, _NANOSECONDS, _MODIFIED):
            return order
    return None
