"""The network interfaces of a namespace with their counters (`ip -s link`)."""

from __future__ import annotations

import struct

from estab.live.netlink import attributes, dump, text_of
from estab.snapshot import Interface

_GET_LINK = 18
_NAME, _MTU, _STATS64 = 3, 4, 23
_UP, _LOWER_UP = 0x1, 0x10000
COUNTERS = (
    "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped", "multicast", "collisions",
    "rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors", "rx_fifo_errors", "rx_missed_errors",
    "tx_aborted_errors", "tx_carrier_errors", "tx_fifo_errors", "tx_heartbeat_errors", "tx_window_errors",
)  # fmt: skip
"""`struct rtnl_link_stats64` in its order."""


def read_interfaces() -> dict[int, Interface]:
    """Interfaces by index; raises OSError."""
    found = (parse_interface(answer) for answer in dump(_GET_LINK, struct.pack("=BxHiII", 0, 0, 0, 0, 0)))
    return {interface.index: interface for interface in found if interface is not None}


def parse_interface(answer: bytes) -> Interface | None:
    """One `struct ifinfomsg` with its attributes; None where it is cut."""
    if len(answer) < 16:
        return None
    index, flags = struct.unpack_from("=iI", answer, 4)
    told = attributes(answer[16:])
    numbers = told.get(_STATS64, b"")
    count = min(len(numbers) // 8, len(COUNTERS))
    return Interface(
        name=text_of(told.get(_NAME, b"")),
        index=index,
        mtu_bytes=struct.unpack("=I", told[_MTU])[0] if len(told.get(_MTU, b"")) == 4 else 0,
        is_up=bool(flags & _UP),
        has_carrier=bool(flags & _LOWER_UP),
        counters=dict(zip(COUNTERS[:count], struct.unpack_from(f"={count}Q", numbers), strict=True)),
    )
