from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.lab.timeline import Loss
from tests.lab.wires import Ear, Wire, data


def test_an_interface_that_is_down_lets_nothing_through() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other)
    for port in (wire.one.port, wire.other.port):
        port.down()
        wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(0))
        wire.world.run_for("1s")
        port.lift()
    assert wire.world.losses == {Loss.INTERFACE_DOWN: 2} and not wire.other.packets
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(0))
    wire.world.run_for("1s")
    assert len(wire.other.packets) == 1


def test_which_interface_is_meant() -> None:
    wire = Wire()
    third = Ear(wire.world, "third", "10.0.0.3")
    with pytest.raises(MisuseError, match="one has 0 interfaces"):
        _ = wire.one.port
    wire.world.link(wire.one, wire.other)
    wire.world.link(wire.one, third)
    with pytest.raises(MisuseError, match="one has 2 interfaces"):
        _ = wire.one.port
    assert wire.one.port_toward(third).name == "one:third"
    assert [neighbour.name for _, neighbour in wire.one.neighbours()] == ["other", "third"]
    with pytest.raises(MisuseError, match="no link joins other and third"):
        wire.other.port_toward(third)
    assert wire.one.owns("10.0.0.1") and not wire.one.owns("10.0.0.2")
