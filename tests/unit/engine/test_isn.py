from __future__ import annotations

from estab.chance import Chance
from estab.engine.isn import ISN_TICK_NS, HostSecrets, timestamp
from estab.flow import Endpoint
from estab.seq import distance

HERE, THERE = Endpoint("10.0.0.1", 1000), Endpoint("10.0.0.2", 80)


def test_numbers_of_one_four_tuple_follow_the_clock() -> None:
    secrets = HostSecrets(Chance(1))
    first, second = (secrets.initial_sequence(HERE, THERE, now) for now in (0, 1000 * ISN_TICK_NS))
    assert distance(second, first) == 1000


def test_numbers_depend_on_each_part_of_the_four_tuple_and_on_the_host() -> None:
    secrets = HostSecrets(Chance(1))
    tuples = [
        (HERE, THERE),
        (Endpoint("10.0.0.1", 1001), THERE),
        (HERE, Endpoint("10.0.0.2", 81)),
        (HERE, Endpoint("10.0.0.3", 80)),
        (HERE, None),
    ]
    numbers = [secrets.initial_sequence(local, remote, 0) for local, remote in tuples]
    assert len(set(numbers)) == len(tuples)
    assert HostSecrets(Chance(2)).initial_sequence(HERE, THERE, 0) not in numbers


def test_the_clock_of_timestamps_is_one_for_each_pair_of_addresses() -> None:
    secrets = HostSecrets(Chance(1))
    offset = secrets.timestamp_offset(HERE, THERE)
    assert secrets.timestamp_offset(Endpoint("10.0.0.1", 7), Endpoint("10.0.0.2", 9)) == offset != secrets.timestamp_offset(THERE, HERE)
    assert timestamp(5_999_999, 0xFFFFFFFE) == 3
