from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.lab.actors.replay import OldDuplicate
from estab.lab.faults import nth
from estab.lab.match import DATA
from tests.lab.wires import Wire, data, seqs, syn


def test_a_packet_comes_out_again_long_after_its_time() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other, delay="1ms")
    old = OldDuplicate(link.toward(wire.other), DATA, nth(2))
    with pytest.raises(MisuseError, match="none has matched"):
        old.release()
    for segment in (syn(), data(1), data(2), data(3)):
        wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), segment)
    wire.world.run_for("1min")
    old.release()
    wire.world.run_for("1s")
    assert seqs(wire.other.packets) == [100, 1, 2, 3, 2]
    assert wire.other.packets[4] is not wire.other.packets[2] and wire.other.packets[4].ip_id == wire.other.packets[2].ip_id
