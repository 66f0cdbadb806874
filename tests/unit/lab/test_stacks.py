from __future__ import annotations

import errno

import pytest

from estab.lab.stacks import UNREACHABLE
from estab.lab.world import World
from estab.wire.segment import Packet


def test_a_stack_is_made_with_what_its_host_is_and_has_chance_of_its_own_at_each_boot() -> None:
    def first_syn(boots: int) -> Packet:
        world = World(seed=1)
        one, other = world.host("one", "10.0.0.1", tcp_sack=0), world.host("other", "10.0.0.2")
        world.link(one, other, mtu_bytes=1400)
        one.boots = boots
        socket = one.stack.socket()
        with pytest.raises(OSError, match="EINPROGRESS"):
            socket.connect("10.0.0.2", 80, world.now_ns)
        packet = one.stack.poll_transmit(world.now_ns)
        assert packet is not None
        return packet

    packet = first_syn(0)
    assert packet.segment.syn is not None
    assert (packet.segment.syn.mss_bytes, packet.segment.syn.sack_permitted, packet.source) == (1360, False, "10.0.0.1")
    assert first_syn(0).segment.seq == packet.segment.seq != first_syn(1).segment.seq


def test_without_a_link_there_is_no_way() -> None:
    assert UNREACHABLE.errno == errno.ENETUNREACH
