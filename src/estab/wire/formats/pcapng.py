"""pcapng: blocks in sections (draft-ietf-opsawg-pcapng).

The kernel walks over packet blocks (enhanced, simple and the obsolete kind) and skips what it does not know; section headers and
interface descriptions, which are few, are read by `PcapngWalker`.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from estab.lives import Life, kernel
from estab.text import Text, msg
from estab.wire.formats.walker import (
    COMMON_FIELDS,
    LARGEST_RECORD_BYTES,
    LARGEST_SNAP_BYTES,
    STOP_BLOCK,
    STOP_DAMAGE,
    STOP_FULL,
    STOP_SHORT,
    Walker,
    carried,
    snap_limit,
)
from estab.wire.octets import be16, be32, le16, le32

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
PACKET_BLOCK = 2
SIMPLE_PACKET = 3
ENHANCED_PACKET = 6
JOURNAL = 9
CUSTOM = 0x0BAD
CUSTOM_NOT_COPIED = 0x40000BAD
"""Blocks without a packet that Wireshark gives a frame number all the same (systemd's journal, blocks of vendors)."""
LARGEST_BLOCK_BYTES = LARGEST_SNAP_BYTES + 65_536
MOST_INTERFACES = 65_536
LATEST_NS = 4_600_000_000 * 1_000_000_000
"""Times are held below this (the year 2115), and offsets too, so that their sum cannot pass 2^63."""

_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_SECTION_MAGIC = b"\n\r\r\n"
_OPTION_END, _OPTION_TSRESOL, _OPTION_TSOFFSET = 0, 9, 14
_SEARCH_BYTES = 1 << 20
"""How far beyond a damage the next block is looked for."""

PCAPNG_WALK: np.dtype[Any] = np.dtype(
    [
        *COMMON_FIELDS,
        ("big_endian", "i8"),
        ("interfaces", "i8"),  # described so far in this section
        ("last_ns", "i8"),  # time of the last packet that had one
        ("found", "i8"),  # where `find_block` ended
    ]
)

INTERFACE: np.dtype[Any] = np.dtype(
    [
        ("link_type", "i8"),
        ("snap_bytes", "i8"),  # 0: unlimited
        ("factor", "i8"),  # nanoseconds of a tick, where a tick is a power of ten of at least that
        ("divisor", "i8"),  # ticks in a nanosecond, where it is a smaller power of ten
        ("binary_digits", "i8"),  # a tick is 2 to this negative power of a second; 0: decimal
        ("offset_ns", "i8"),
    ]
)


@kernel
def word(data: bytes, at: int, big_endian: int) -> int:
    """Unsigned 32 bits in the byte order of the section."""
    return be32(data, at) if big_endian else le32(data, at)


@kernel
def ticks_to_ns(high: int, low: int, interface: Any) -> int:
    """Nanoseconds since the epoch of a 64-bit time stamp, held between 0 and LATEST_NS whatever the bytes say."""
    ticks = (high & 0x7FFFFFFF) * 4294967296 + low
    digits = interface.binary_digits
    if digits:
        seconds = min(ticks >> digits, 4600000000)
        rest = ticks & ((1 << digits) - 1)
        if digits > 30:
            rest >>= digits - 30
            digits = 30
        time_ns = seconds * 1000000000 + (rest * 1000000000 >> digits)
    elif interface.divisor > 1:
        time_ns = ticks // interface.divisor
    else:
        time_ns = min(ticks, LATEST_NS // interface.factor) * interface.factor
    return max(0, min(min(time_ns, LATEST_NS) + interface.offset_ns, LATEST_NS))


@kernel
def walk_pcapng(data: bytes, end: int, walk: Any, interfaces: Any, records: Any, capacity: int) -> int:
    """Finds up to `capacity` packets between `walk.position` and `end`; gives their number and moves `walk` on."""
    at = walk.position
    big_endian = walk.big_endian
    known = walk.interfaces
    last_ns = walk.last_ns
    frames = walk.frames
    count = 0
    stop = STOP_FULL
    while count < capacity:
        if end - at < 12:
            stop = STOP_SHORT
            break
        kind = word(data, at, big_endian)
        total = word(data, at + 4, big_endian)
        if kind == SECTION_HEADER:  # its own byte order is still to be found out
            stop = STOP_BLOCK
            break
        if total < 12 or total & 3 or total > LARGEST_BLOCK_BYTES:
            stop = STOP_DAMAGE
            break
        if total > end - at:
            stop = STOP_SHORT
            break
        trailer = word(data, at + total - 4, big_endian)
        if trailer != total:
            stop = STOP_DAMAGE
            break
        if kind == INTERFACE_DESCRIPTION:
            stop = STOP_BLOCK
            break
        if kind == ENHANCED_PACKET or kind == SIMPLE_PACKET or kind == PACKET_BLOCK:
            last_ns = read_packet(data, at, kind, total, big_endian, known, last_ns, interfaces, records[count])
            if last_ns < 0:
                last_ns = -1 - last_ns
                stop = STOP_DAMAGE
                break
            frames += 1
            records[count].frame = frames
            count += 1
            if kind == SIMPLE_PACKET:
                walk.untimed += 1
        elif kind == CUSTOM or kind == CUSTOM_NOT_COPIED or kind == JOURNAL:
            frames += 1
        at += total
    walk.position = at
    walk.frames = frames
    walk.last_ns = last_ns
    walk.stop = stop
    return count


@kernel
def read_packet(
    data: bytes, at: int, kind: int, total: int, big_endian: int, known: int, last_ns: int, interfaces: Any, record: Any
) -> int:
    """One packet block into a record; gives its time, or -1 - last_ns where its lengths do not fit the block.

    A simple packet has no time and gets that of the packet before it.
    """
    if kind == SIMPLE_PACKET:
        if total < 16:
            return -1 - last_ns
        number = 0
        original = word(data, at + 8, big_endian)
        captured = min(original, total - 16)
        if known and interfaces[0].snap_bytes:
            captured = min(captured, interfaces[0].snap_bytes)
        offset = at + 12
        time_ns = last_ns
    else:
        if total < 32:
            return -1 - last_ns
        number = word(data, at + 8, big_endian)
        if kind == PACKET_BLOCK:  # two bytes of interface, two of a count of drops
            number = be16(data, at + 8) if big_endian else le16(data, at + 8)
        high = word(data, at + 12, big_endian)
        low = word(data, at + 16, big_endian)
        captured = word(data, at + 20, big_endian)
        original = word(data, at + 24, big_endian)
        if captured > total - 32:
            return -1 - last_ns
        offset = at + 28
        time_ns = ticks_to_ns(high, low, interfaces[number]) if number < known else last_ns
    record.time_ns = time_ns
    record.offset = offset
    record.captured = captured
    record.original = max(captured, original)
    record.link_type = interfaces[number].link_type if number < known else -1
    record.interface = number & 0xFFFF
    return time_ns


@kernel
def find_block(data: bytes, end: int, walk: Any) -> int:
    """Looks behind a damage for bytes that look like a block of a known kind; 1 and its place in `walk.found`, or 0."""
    at = walk.position + 1
    big_endian = walk.big_endian
    last = min(end - 12, walk.position + _SEARCH_BYTES)
    found = 0
    while at <= last:
        kind = word(data, at, big_endian)
        if 1 <= kind <= 6 or kind == SECTION_HEADER:
            total = word(data, at + 4, big_endian)
            if total & 3 == 0 and 12 <= total <= end - at:
                trailer = word(data, at + total - 4, big_endian)
                if trailer == total:
                    found = 1
                    break
        at += 1
    walk.found = at
    return found


class PcapngWalker(Walker):
    """Walks over a pcapng file from its first section header on."""

    state_dtype = PCAPNG_WALK
    kernel = staticmethod(walk_pcapng)

    def __init__(self, head: bytes) -> None:
        del head  # the first block is read like any other
        super().__init__()
        self.interfaces = self.life.rows(INTERFACE, 4)

    @staticmethod
    def begins(head: bytes) -> bool:
        """True where these are the first bytes of a pcapng file, if perhaps not its whole header."""
        return head[:4] == _SECTION_MAGIC

    @staticmethod
    def knows(head: bytes) -> bool:
        """True where a section header stands here."""
        return len(head) >= 12 and head[:4] == _SECTION_MAGIC and _byte_order(head, 0) is not None

    def live(self, life: Life) -> None:
        """Goes on in another life."""
        if life is not self.life:
            described = [carried(row, INTERFACE, Life.INTERPRETED) for row in _as_records(self.interfaces)]
            super().live(life)
            self._describe(described)

    def walk(self, data: Any, end: int, records: Any, capacity: int) -> int:
        """Fills `records` from `data` below `end`; gives their number."""
        return self.life.kernel(walk_pcapng)(data, end, self.state, self.interfaces, records, capacity)

    def read_block(self, data: Any, end: int) -> bool:
        """A section header or an interface description at `position`."""
        at = self.state.position
        head = bytes(data[at : at + 12])
        order = (">" if self.state.big_endian else "<") if head[:4] != _SECTION_MAGIC else _byte_order(head, 0)
        if order is None:
            return self._damaged()
        total = struct.unpack_from(f"{order}I", head, 4)[0]
        if total % 4 or not 20 <= total <= LARGEST_BLOCK_BYTES:
            return self._damaged()
        if total > end - at:
            self.state.stop = STOP_SHORT
            return False
        block = bytes(data[at : at + total])
        if struct.unpack_from(f"{order}I", block, total - 4)[0] != total:
            return self._damaged()
        if head[:4] == _SECTION_MAGIC:
            self.state.big_endian = int(order == ">")
            self.state.interfaces = 0
        else:
            self._add_interface(block, order)
        self.state.position = at + total
        return True

    def recover(self, data: Any, end: int) -> bool:
        """Moves on to the next bytes that look like a block."""
        found = bool(self.life.kernel(find_block)(data, end, self.state))
        if found:
            self.state.position = self.state.found
        return found

    def damage(self) -> Text:
        """A block whose lengths contradict each other or its packet."""
        return msg("a damaged block")

    def _damaged(self) -> bool:
        self.state.stop = STOP_DAMAGE
        return False

    def _add_interface(self, block: bytes, order: str) -> None:
        number = self.state.interfaces
        if number >= MOST_INTERFACES:  # packets of the rest count as of an unknown link type
            return
        if number == len(self.interfaces):
            self._describe([carried(row, INTERFACE, Life.INTERPRETED) for row in _as_records(self.interfaces)], room=2 * number)
        row = self.life.row(INTERFACE)
        row.link_type, row.snap_bytes = struct.unpack_from(f"{order}HxxI", block, 8)
        self.snap_bytes = max(self.snap_bytes, row.snap_bytes)
        self.state.largest = max(LARGEST_RECORD_BYTES, snap_limit(self.snap_bytes))
        row.factor, row.divisor = 1000, 1
        _read_options(block, order, row)
        self.interfaces[number] = row
        self.state.interfaces = number + 1

    def _describe(self, described: list[Any], room: int = 0) -> None:
        """Sets up the table of interfaces anew, in the present life."""
        self.interfaces = self.life.rows(INTERFACE, max(room, len(described)))
        for number, row in enumerate(described):
            self.interfaces[number] = carried(row, INTERFACE, self.life)


def _as_records(interfaces: Any) -> Any:
    """Interfaces with attributes, in either life."""
    return interfaces.view(np.recarray) if isinstance(interfaces, np.ndarray) else interfaces


def _byte_order(data: bytes, at: int) -> str | None:
    """`<` or `>` by the byte-order magic of the section header at `at`."""
    for order in "<", ">":
        if struct.unpack_from(f"{order}I", data, at + 8)[0] == _BYTE_ORDER_MAGIC:
            return order
    return None


def _read_options(block: bytes, order: str, row: Any) -> None:
    """The options of an interface description that say what its time stamps mean."""
    at, end = 16, len(block) - 4
    while end - at >= 4:
        code, length = struct.unpack_from(f"{order}HH", block, at)
        at += 4
        if code == _OPTION_END or length > end - at:
            break
        if code == _OPTION_TSRESOL and length == 1:
            _set_resolution(row, block[at])
        elif code == _OPTION_TSOFFSET and length == 8:
            seconds = struct.unpack_from(f"{order}q", block, at)[0]
            row.offset_ns = max(-4_600_000_000, min(seconds, 4_600_000_000)) * 1_000_000_000
        at += (length + 3) & ~3


def _set_resolution(row: Any, resolution: int) -> None:
    """`if_tsresol`: a negative power of ten, or with the highest bit set of two."""
    exponent = resolution & 0x7F
    row.factor, row.divisor, row.binary_digits = 1, 1, 0
    if resolution & 0x80:
        row.binary_digits = min(exponent, 62)
        row.factor = 1_000_000_000  # 2^0: whole seconds, as with 10^0
    elif exponent <= 9:
        row.factor = 10 ** (9 - exponent)
    else:
        row.divisor = 10 ** min(exponent - 9, 18)
