from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.lab.faults import Drop, FaultRule
from estab.lab.match import DATA
from estab.lab.timeline import Fate, FateRecord, Loss
from estab.lab.world import World
from tests.lab.wires import Ear, Wire, data


def send(wire: Wire) -> None:
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(0))


def test_a_cut_cable_loses_what_is_on_it_and_what_comes() -> None:
    wire = Wire(World(timeline=True))
    link = wire.world.link(wire.one, wire.other, delay="10ms")
    send(wire)
    wire.world.run_for("5ms")
    link.cut()
    send(wire)
    wire.world.run_for("1s")
    assert not wire.other.packets and wire.world.losses == {Loss.LINK_DOWN: 2}
    link.mend()
    send(wire)
    wire.world.run_for("1s")
    assert len(wire.other.packets) == 1
    assert wire.world.timeline is not None
    fates = [record.fate for record in wire.world.timeline.records if isinstance(record, FateRecord)]
    assert fates == [Fate.CUT, Fate.MENDED]


def test_rules_are_for_one_direction_or_both() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other)
    one_way = link.add(FaultRule(DATA, Drop()), toward=wire.other)
    wire.other.send(("10.0.0.2", 2), ("10.0.0.1", 1), data(0))
    send(wire)
    wire.world.run_for("1s")
    assert one_way.hits == 1 and len(wire.one.packets) == 1
    both = link.add(FaultRule(DATA, Drop()))
    wire.other.send(("10.0.0.2", 2), ("10.0.0.1", 1), data(0))
    wire.world.run_for("1s")
    assert both.hits == 1 and len(wire.one.packets) == 1


def test_changing_both_directions() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other)
    link.change(delay="3ms")
    assert {pipe.delay_ns for pipe in link.pipes} == {3_000_000}


def test_a_link_leads_only_to_its_nodes() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other)
    assert link.other(wire.one) is wire.other and link.name == "one-other"
    with pytest.raises(MisuseError, match="does not lead to third"):
        link.toward(Ear(wire.world, "third", "10.0.0.3"))
