"""The packets of a network interface: a ring of memory shared with the kernel (AF_PACKET, TPACKET_V3), kept as pcapng.

The kernel copies each packet once, from its IP header on and no more than SNAP_BYTES of it, which holds all headers; a block of packets
is handed over when it is full or old.  Whatever the hardware is, the link layer is told as Linux tells it to every socket of this
kind (LINKTYPE_LINUX_SLL2), with the VLAN tag that the kernel had taken off put back.  No program is started and no other socket disturbed.

On the loopback interface each packet passes twice; the copies that go out are left out.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import select
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from estab.errors import InputError, PermissionNeeded
from estab.text import msg
from estab.wire.formats.pcapng_writer import Interface, interface_description, packet_block, section_header
from estab.wire.link import LINKTYPE_LINUX_SLL2

SNAP_BYTES = 256
BLOCK_BYTES, BLOCKS, FRAME_BYTES = 1 << 20, 16, 2048
RETIRE_MS = 20
"""A block that is not full is handed over after this time."""
LAST_BLOCK_S = 0.1
"""By then the kernel has handed over what had arrived before."""
MOST_BYTES = 1 << 30
"""Of one interval so much is kept; what comes behind is counted."""
POLL_MS = 200

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, TPACKET_V3 = 263, 5, 6, 10, 2
ETH_P_ALL, PACKET_OUTGOING, SO_ATTACH_FILTER, ARPHRD_LOOPBACK = 3, 4, 26, 772
BPF_RETURN = 0x06
STATUS_USER, STATUS_VLAN_VALID, STATUS_VLAN_TPID_VALID = 1, 1 << 4, 1 << 6
ETHERTYPE_VLAN = 0x8100
BLOCK_STATUS_AT, BLOCK_COUNT_AT, BLOCK_FIRST_AT, BLOCK_LENGTH_AT = 8, 12, 16, 20
ADDRESS_AT = 48
"""Behind `struct tpacket3_hdr` stands `struct sockaddr_ll` (include/uapi/linux/if_packet.h)."""

_U32 = struct.Struct("=I")
_HEAD = struct.Struct("=IIIIIIHHIIHxx")
"""`tpacket3_hdr`: next, seconds, nanoseconds, kept, length, status, mac, net, hash, VLAN tag, VLAN protocol."""
_ADDRESS = struct.Struct("=2x2siHBB8s")
_SLL2 = struct.Struct(">2s2xiHBB8s")
_TAG = struct.Struct(">H2s")


class PacketRing:
    """Packets of one interface from the moment this is made, in the network namespace of the thread that makes it.

    Raises PermissionNeeded without CAP_NET_RAW, InputError for an interface that is not there.
    """

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self.lost = 0
        """Packets for which the ring had no room, as far as `count_lost` has asked."""
        self.went_down = False
        self._socket = _open_socket(interface)
        try:
            self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
            self._keep_headers_only()
            frames = BLOCK_BYTES * BLOCKS // FRAME_BYTES
            request = struct.pack("=7I", BLOCK_BYTES, BLOCKS, FRAME_BYTES, frames, RETIRE_MS, 0, 0)
            self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
            self._memory = mmap.mmap(self._socket.fileno(), BLOCK_BYTES * BLOCKS)
            self._socket.bind((interface, ETH_P_ALL))
        except OSError as problem:
            self._socket.close()
            reason = problem.strerror or os.strerror(problem.errno or 0)
            raise InputError(msg("packets cannot be captured there: {reason}", reason=reason), path=interface) from None
        self._block = 0
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN | select.POLLERR)

    def _keep_headers_only(self) -> None:
        """A filter that takes every packet, and of each so many bytes."""
        program = ctypes.create_string_buffer(struct.pack("=HBBI", BPF_RETURN, 0, 0, SNAP_BYTES))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(program)))

    def count_lost(self) -> None:
        """Asks the kernel, which forgets what it has told."""
        _, lost, _ = struct.unpack("=III", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12))
        self.lost += lost

    def wait(self, for_ms: int) -> None:
        """Until a block is there, for no longer than so many milliseconds."""
        if self._is_ready():
            return
        for _, events in self._poll.poll(for_ms):
            if events & select.POLLERR:
                self._note_error()

    def _note_error(self) -> None:
        """An interface that goes down says so once; packets come again when it is up."""
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self.went_down = True

    def blocks(self) -> list[bytes]:
        """All blocks that are there, as the kernel has laid them out; they go back to it."""
        found: list[bytes] = []
        while self._is_ready():
            begin = self._block * BLOCK_BYTES
            (length,) = _U32.unpack_from(self._memory, begin + BLOCK_LENGTH_AT)
            found.append(self._memory[begin : begin + min(length, BLOCK_BYTES)])
            _U32.pack_into(self._memory, begin + BLOCK_STATUS_AT, 0)
            self._block = (self._block + 1) % BLOCKS
        return found

    def _is_ready(self) -> bool:
        return bool(_U32.unpack_from(self._memory, self._block * BLOCK_BYTES + BLOCK_STATUS_AT)[0] & STATUS_USER)

    def close(self) -> None:
        """Ends capturing and gives the memory back."""
        with contextlib.suppress(BufferError):
            self._memory.close()
        self._socket.close()


def packets_of(block: bytes | memoryview) -> list[bytes]:
    """The packets of a block as blocks of pcapng."""
    (count,), (at,) = (_U32.unpack_from(block, place) for place in (BLOCK_COUNT_AT, BLOCK_FIRST_AT))
    found: list[bytes] = []
    for _ in range(count):
        step, second, nanosecond, kept, length, status, _, net, _, tag, tpid = _HEAD.unpack_from(block, at)
        protocol, index, hardware, kind, size, address = _ADDRESS.unpack_from(block, at + ADDRESS_AT)
        if kind != PACKET_OUTGOING or hardware != ARPHRD_LOOPBACK:
            tagged = b""
            if status & STATUS_VLAN_VALID:
                tagged = _TAG.pack(tag, protocol)
                protocol = (tpid if status & STATUS_VLAN_TPID_VALID else ETHERTYPE_VLAN).to_bytes(2, "big")
            head = _SLL2.pack(protocol, index, hardware, kind, size, address) + tagged
            time_ns = second * 1_000_000_000 + nanosecond
            found.append(packet_block(0, time_ns, head + block[at + net : at + net + kept], len(head) + length))
        if not step:
            break
        at += step
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """The packets of an interval: a file that can be read by `path` until it is closed; and what is not in it."""

    file: BinaryIO
    path: str
    packets: int
    lost: int
    """For which the ring had no room."""
    left_out: int
    """Beyond the size that is kept of one interval."""
    went_down: bool


@dataclass(slots=True)
class _Raw:
    """What a ring gave in an interval, block behind block; taking it apart is left for later, so that the ring is never waited for."""

    file: BinaryIO
    size_bytes: int = 0
    left_out: int = 0

    def add(self, block: bytes) -> None:
        """Keeps a block, or counts its packets where there is no room."""
        if self.size_bytes + len(block) <= MOST_BYTES:
            with contextlib.suppress(OSError):
                if self.file.write(block) == len(block):
                    self.size_bytes += len(block)
                    return
            self.file.seek(self.size_bytes)  # a disk that is full: the next block begins where this one should have
        self.left_out += _U32.unpack_from(block, BLOCK_COUNT_AT)[0]

    def blocks(self) -> Iterator[bytes]:
        """The blocks that were kept."""
        self.file.seek(0)
        left = self.size_bytes
        while left:
            head = self.file.read(BLOCK_LENGTH_AT + _U32.size)
            (length,) = _U32.unpack_from(head, BLOCK_LENGTH_AT)
            yield head + self.file.read(length - len(head))
            left -= length


class InterfaceCapture:
    """Empties a ring in a thread of its own; `take` gives what came since the last call, as a pcapng file."""

    def __init__(self, ring: PacketRing, *, keep_as: str | None = None) -> None:
        self._ring = ring
        self._kept = (None if keep_as is None else _named(keep_as)), keep_as
        self._lock = threading.Lock()
        self._raw = _Raw(_nameless(buffering=0))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"packets of {ring.interface}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._ring.wait(POLL_MS)
            with self._lock:
                self._carry()

    def _carry(self) -> None:
        for block in self._ring.blocks():
            self._raw.add(block)

    def take(self) -> Captured:
        """What has been captured until now; what comes from here on belongs to the next call."""
        time.sleep(LAST_BLOCK_S)
        with self._lock:
            self._carry()
            self._ring.count_lost()
            raw, self._raw = self._raw, _Raw(_nameless(buffering=0))
            lost, self._ring.lost = self._ring.lost, 0
            went_down, self._ring.went_down = self._ring.went_down, False
        file, path = self._kept
        file = file or _nameless()
        link = Interface(name=self._ring.interface, link_type=LINKTYPE_LINUX_SLL2, snap_bytes=SNAP_BYTES + 24)
        try:
            with raw.file:
                packets = _write(file, link, raw)
        except OSError as problem:
            raise InputError(problem.strerror or str(problem), path=path or tempfile.gettempdir()) from None
        return Captured(
            file=file,
            path=path or f"/proc/self/fd/{file.fileno()}",
            packets=packets,
            lost=lost,
            left_out=raw.left_out,
            went_down=went_down,
        )

    def close(self) -> None:
        """Ends it; a file that was taken stays with its taker."""
        self._ended.set()
        self._thread.join()
        self._ring.close()
        self._raw.file.close()
        if self._kept[0] is not None:
            self._kept[0].close()


def _write(file: BinaryIO, link: Interface, raw: _Raw) -> int:
    """The packets as a whole pcapng file; gives their number."""
    file.write(section_header(application="estab") + interface_description(link))
    packets = 0
    for block in raw.blocks():
        found = packets_of(block)
        packets += len(found)
        file.write(b"".join(found))
    file.flush()
    return packets


def _nameless(buffering: int = -1) -> BinaryIO:
    return cast("BinaryIO", tempfile.TemporaryFile(buffering=buffering))


def _named(path: str) -> BinaryIO:
    try:
        return open(path, "wb")  # noqa: PTH123 - whoever takes it closes it
    except OSError as problem:
        raise InputError(problem.strerror or str(problem), path=path) from None


def _open_socket(interface: str) -> socket.socket:
    try:
        socket.if_nametoindex(interface)
    except OSError:
        there = ", ".join(name for _, name in socket.if_nameindex())
        raise InputError(msg("no such interface; there are {names}", names=there), path=interface) from None
    try:
        return socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, 0)
    except PermissionError:
        reason = msg("the packets of {interface} may not be captured: run it as root, or leave out --interface", interface=interface)
        raise PermissionNeeded(reason, capability="CAP_NET_RAW") from None
