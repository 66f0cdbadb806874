from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.lab.world import World
from tests.lab.wires import Ear


def test_the_shortest_way_over_nodes_that_forward() -> None:
    world = World()
    one, other, bystander = Ear(world, "one", "10.0.0.1"), Ear(world, "other", "10.0.9.1"), Ear(world, "bystander", "10.0.5.1")
    first, second, third = (world.router(name) for name in ("r1", "r2", "r3"))
    world.link(one, first)
    long_way = world.link(first, third)
    world.link(third, second)
    direct = world.link(first, second)
    world.link(second, other)
    world.link(first, bystander)
    assert world.routes.port(first, "10.0.9.1") is direct.port_of(first)
    assert world.routes.port(one, "10.0.9.1") is one.port
    assert world.routes.port(bystander, "192.0.2.1") is None
    world.routes.add(first, "10.0.9.0/24", long_way.port_of(first))
    assert world.routes.port(first, "10.0.9.1") is long_way.port_of(first)
    world.routes.add(first, "10.0.9.1/32", None)
    assert world.routes.port(first, "10.0.9.1") is None  # the longer prefix wins


def test_a_new_link_is_a_new_way() -> None:
    world = World()
    one, other, router = Ear(world, "one", "10.0.0.1"), Ear(world, "other", "10.0.9.1"), world.router("r")
    world.link(one, router)
    assert world.routes.port(router, "10.0.9.1") is None
    link = world.link(router, other)
    assert world.routes.port(router, "10.0.9.1") is link.port_of(router)


def test_a_prefix_is_one() -> None:
    world = World()
    with pytest.raises(MisuseError, match="not a prefix"):
        world.routes.add(world.router("r"), "10.0.0", None)
