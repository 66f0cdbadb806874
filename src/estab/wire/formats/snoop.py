"""snoop: the format of Solaris (RFC 1761)."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from estab.lives import kernel
from estab.wire.formats.walker import COMMON_FIELDS, STOP_DAMAGE, STOP_FULL, STOP_SHORT, Walker, put_record
from estab.wire.link import LINKTYPE_ETHERNET, LINKTYPE_FDDI
from estab.wire.octets import be32

FILE_HEADER_BYTES = 16
RECORD_HEADER_BYTES = 24

_MAGIC = b"snoop\0\0\0"
_LINK_TYPES = {0: LINKTYPE_ETHERNET, 4: LINKTYPE_ETHERNET, 8: LINKTYPE_FDDI}
"""IEEE 802.3, Ethernet and FDDI under the numbers of RFC 1761."""

SNOOP_WALK: np.dtype[Any] = np.dtype([*COMMON_FIELDS, ("link_type", "i8")])


@kernel
def walk_snoop(data: bytes, end: int, walk: Any, records: Any, capacity: int) -> int:
    """Finds up to `capacity` records between `walk.position` and `end`; gives their number and moves `walk` on."""
    at = walk.position
    frames = walk.frames
    count = 0
    stop = STOP_FULL
    while count < capacity:
        if end - at < RECORD_HEADER_BYTES:
            stop = STOP_SHORT
            break
        original = be32(data, at)
        captured = be32(data, at + 4)
        total = be32(data, at + 8)
        if captured > walk.largest or total < RECORD_HEADER_BYTES + captured or total > walk.largest + 1024:
            stop = STOP_DAMAGE
            break
        if total > end - at:
            stop = STOP_SHORT
            break
        time_ns = be32(data, at + 16) * 1000000000 + be32(data, at + 20) * 1000
        start = at + RECORD_HEADER_BYTES
        put_record(records[count], frames + count + 1, time_ns, start, captured, max(captured, original), walk.link_type, 0)
        count += 1
        at += total
    walk.position = at
    walk.frames = frames + count
    walk.stop = stop
    return count


class SnoopWalker(Walker):
    """Walks over a snoop file whose first bytes are `head`."""

    state_dtype = SNOOP_WALK
    kernel = staticmethod(walk_snoop)

    def __init__(self, head: bytes) -> None:
        super().__init__()
        self.state.position = FILE_HEADER_BYTES
        self.state.link_type = _LINK_TYPES.get(struct.unpack_from(">I", head, 12)[0], -1)

    @staticmethod
    def begins(head: bytes) -> bool:
        """True where these are the first bytes of a snoop file, if perhaps not its whole header."""
        return head[:8] == _MAGIC

    @staticmethod
    def knows(head: bytes) -> bool:
        """True where a whole file header stands here."""
        return len(head) >= FILE_HEADER_BYTES and head[:8] == _MAGIC
