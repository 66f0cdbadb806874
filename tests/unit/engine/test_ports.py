"""Choice of local ports."""

from __future__ import annotations

import itertools

import pytest

from estab.chance import Chance
from estab.engine.ports import PortChooser, parse_ports
from estab.errors import MisuseError
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values

LINUX = profile_values(Profile.LINUX)


def chooser(low: int, high: int, reserved: str = "", seed: int = 1) -> PortChooser:
    return PortChooser(LINUX.but(ip_local_port_range=(low, high), ip_local_reserved_ports=reserved), Chance(seed))


def _fill(ports: PortChooser, destination: str = "10.0.0.2", port: int = 80) -> list[int]:
    """Ports given one after the other until there are none."""
    given: list[int] = []
    while (chosen := ports.for_connect("10.0.0.1", destination, port, lambda candidate: candidate not in given)) is not None:
        given.append(chosen)
    return given


def test_connect_takes_every_port_of_the_range_those_of_the_first_ports_parity_first() -> None:
    given = _fill(chooser(40_000, 40_009))
    assert sorted(given) == list(range(40_000, 40_010))
    assert [port % 2 for port in given] == [0] * 5 + [1] * 5


def test_the_parity_is_that_of_the_ranges_first_port() -> None:
    assert [port % 2 for port in _fill(chooser(40_001, 40_010))] == [1] * 5 + [0] * 5


def test_ports_of_one_destination_follow_each_other_and_another_starts_elsewhere() -> None:
    ports = chooser(32_768, 60_999)
    given = [ports.for_connect("10.0.0.1", "10.0.0.2", 80, lambda _: True) for _ in range(20)]
    steps = [after - before for before, after in itertools.pairwise(given) if before and after]
    assert all(0 < step <= 16 and step % 2 == 0 for step in steps)
    starts = {chooser(32_768, 60_999).for_connect("10.0.0.1", "10.0.0.2", port, lambda _: True) for port in range(1, 50)}
    assert len(starts) > 40


def test_hosts_with_other_keys_start_elsewhere() -> None:
    starts = {chooser(32_768, 60_999, seed=seed).for_connect("10.0.0.1", "10.0.0.2", 80, lambda _: True) for seed in range(50)}
    assert len(starts) > 40


def test_reserved_ports_are_never_chosen() -> None:
    assert sorted(_fill(chooser(40_000, 40_009, "40003,40005-40006"))) == [40_000, 40_001, 40_002, 40_004, 40_007, 40_008, 40_009]


def test_a_range_of_one_port_gives_that_port() -> None:
    assert _fill(chooser(40_000, 40_000)) == [40_000]


def test_bind_prefers_the_parity_that_connect_leaves() -> None:
    ports = chooser(32_768, 60_999)
    assert all(ports.for_bind(lambda _: True, halved=False) % 2 == 1 for _ in range(50))  # type: ignore[operator]


@pytest.mark.parametrize("halved", [False, True])
def test_bind_finds_the_last_free_port(halved: bool) -> None:
    assert all(chooser(40_000, 40_009, seed=free).for_bind(lambda port, free=free: port == free, halved=halved) == free  # type: ignore[misc]
               for free in range(40_000, 40_010))  # fmt: skip


def test_bind_says_when_all_are_taken() -> None:
    assert chooser(40_000, 40_009).for_bind(lambda _: False, halved=True) is None


def test_with_reuse_the_lower_half_comes_first() -> None:
    ports = chooser(40_000, 40_019)
    assert all((ports.for_bind(lambda _: True, halved=True) or 0) < 40_010 for _ in range(50))


@pytest.mark.parametrize("text", ["x", "1-", "5-4", "0", "70000", "1-2-3"])
def test_what_is_no_list_of_ports_is_refused(text: str) -> None:
    with pytest.raises(MisuseError, match="not a list of ports"):
        parse_ports(text)


def test_an_empty_list_reserves_nothing() -> None:
    assert parse_ports("") == frozenset() == parse_ports(" , ")
