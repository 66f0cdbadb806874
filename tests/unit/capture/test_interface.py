"""Packets of an interface: each one once, whole headers, and what is missing is counted."""

from __future__ import annotations

import os
import pathlib
import socket
import struct
from collections.abc import Iterator

import pytest

from estab.capture import interface as module
from estab.capture.interface import InterfaceCapture, PacketRing, packets_of
from estab.capture.reader import Reader
from estab.errors import InputError, PermissionNeeded
from estab.one_pass import analyse

root = pytest.mark.skipif(os.geteuid() != 0, reason="capturing packets needs CAP_NET_RAW")


@pytest.fixture
def capture() -> Iterator[InterfaceCapture]:
    made = InterfaceCapture(PacketRing("lo"))
    yield made
    made.close()


def talk(count: int, address: str = "127.0.0.1", size: int = 100_000) -> int:
    """So many connections over loopback, each with a request that needs segments larger than the MSS; the listener's port."""
    with socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as listening:
        for _ in range(count):
            with socket.create_connection(listening.getsockname()[:2]) as made:
                accepted, _ = listening.accept()
                with accepted:
                    made.sendall(b"x" * size)
                    left = size
                    while left:
                        left -= len(accepted.recv(left))
        return int(listening.getsockname()[1])


@root
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_each_packet_of_a_connection_comes_once_with_its_headers(capture: InterfaceCapture, address: str) -> None:
    port = talk(3, address)
    taken = capture.take()
    with taken.file:
        analysis = analyse([taken.path])
    rows = [row for row in range(analysis.connections.count) if analysis.connections.endpoint(row, 1).port == port]
    client = analysis.connections.client
    assert len(rows) == 3 and taken.lost == taken.left_out == 0
    assert client.retransmits[rows].tolist() == [0, 0, 0]  # a packet that came twice would be a repetition, or a copy
    assert client.payload_bytes[rows].tolist() == [100_000] * 3
    assert analysis.capture.cut_packets == 0 and analysis.capture.damage == []


@root
def test_the_next_file_begins_where_the_last_one_ended(capture: InterfaceCapture) -> None:
    seen = []
    ports = []
    for _ in range(2):
        ports.append(talk(1))
        taken = capture.take()
        with taken.file:
            connections = analyse([taken.path]).connections
        seen.append({connections.endpoint(row, 1).port for row in range(connections.count)} & set(ports))
    assert ports[0] != ports[1] and seen == [{ports[0]}, {ports[1]}]


@root
def test_a_file_that_is_kept_can_be_read_by_everybody(tmp_path: pathlib.Path) -> None:
    made = InterfaceCapture(PacketRing("lo"), keep_as=str(tmp_path / "kept.pcapng"))
    talk(1)
    taken = made.take()
    made.close()
    with Reader([tmp_path / "kept.pcapng"]) as reader:
        assert sum(chunk.count for chunk in reader) == reader.summary.tcp_packets >= 7
    assert taken.packets == reader.summary.packets


@root
def test_what_is_beyond_the_bound_is_counted(monkeypatch: pytest.MonkeyPatch, capture: InterfaceCapture) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 0)
    talk(1)
    taken = capture.take()
    taken.file.close()
    assert taken.left_out >= 7 and taken.packets == 0


@root
def test_lost_packets_are_counted_by_the_kernel() -> None:
    ring = PacketRing("lo")
    try:
        for _ in range(4):  # nobody takes a block from the ring: each packet needs a place in it
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for _ in range(20_000):
                    sender.sendto(b"x" * 200, ("127.0.0.1", 9))
        ring.count_lost()
        assert ring.lost > 0
    finally:
        ring.close()


@root
def test_an_interface_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"nowhere0: no such interface; there are .*\blo\b"):
        PacketRing("nowhere0")


@root
def test_a_file_that_cannot_be_written(tmp_path: pathlib.Path) -> None:
    ring = PacketRing("lo")
    try:
        with pytest.raises(InputError, match="nowhere"):
            InterfaceCapture(ring, keep_as=str(tmp_path / "nowhere" / "x.pcapng"))
    finally:
        ring.close()


def test_without_the_capability_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("estab.capture.interface.socket.socket", refuse)
    with pytest.raises(PermissionNeeded, match="run it as root, or leave out --interface") as caught:
        PacketRing("lo")
    assert caught.value.capability == "CAP_NET_RAW"


class Block:
    """The memory of a ring with one block of one packet."""

    def __init__(self, *, hardware: int = 1, kind: int = 0, status: int = 0) -> None:
        packet = b"\x45" + bytes(39)
        head = module._HEAD.pack(0, 7, 8, len(packet), 1500, status, 80, 80, 0, 42, 0x88A8)
        address = module._ADDRESS.pack(b"\x08\x00", 3, hardware, kind, 6, b"sender\0\0")
        self.memory = bytearray(2 << 20)
        struct.pack_into("=I", self.memory, module.BLOCK_STATUS_AT, module.STATUS_USER)
        struct.pack_into("=III", self.memory, module.BLOCK_COUNT_AT, 1, 64, 64 + 80 + len(packet))
        self.memory[64 : 64 + len(head)] = head
        self.memory[64 + module.ADDRESS_AT : 64 + module.ADDRESS_AT + len(address)] = address
        self.memory[64 + 80 : 64 + 80 + len(packet)] = packet

    def packets(self) -> list[bytes]:
        ring = PacketRing.__new__(PacketRing)
        ring._memory, ring._block = self.memory, 0  # type: ignore[assignment]
        (block,) = ring.blocks()
        assert not self.memory[module.BLOCK_STATUS_AT] & module.STATUS_USER and ring._block == 1  # given back
        return packets_of(block)


def test_the_link_layer_is_told_as_linux_tells_it() -> None:
    (block,) = Block().packets()
    assert struct.unpack_from("<IIIIIII", block) == (6, 32 + 60, 0, 7 * 10**9 >> 32, 7 * 10**9 + 8 & 0xFFFFFFFF, 60, 1520)
    assert block[28:48] == struct.pack(">HHIHBB8s", 0x0800, 0, 3, 1, 0, 6, b"sender")


def test_a_vlan_tag_that_the_kernel_took_off_is_put_back() -> None:
    (block,) = Block(status=module.STATUS_VLAN_VALID | module.STATUS_VLAN_TPID_VALID).packets()
    assert block[28:30] == b"\x88\xa8" and block[48:52] == b"\x00\x2a\x08\x00" and block[52] == 0x45
    (block,) = Block(status=module.STATUS_VLAN_VALID).packets()
    assert block[28:30] == b"\x81\x00"


def test_what_goes_out_on_loopback_comes_in_again_and_is_left_out() -> None:
    assert Block(hardware=module.ARPHRD_LOOPBACK, kind=module.PACKET_OUTGOING).packets() == []
    assert len(Block(kind=module.PACKET_OUTGOING).packets()) == len(Block(hardware=module.ARPHRD_LOOPBACK).packets()) == 1
