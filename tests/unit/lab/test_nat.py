from __future__ import annotations

import pytest

from estab.chance import Chance
from estab.lab.conntrack import Conntrack, TrackState, inverse
from estab.lab.nat import NoPortLeftError, free_source

OUT = ("10.0.0.1", 4000, "192.0.2.1", 80)


def test_a_port_is_kept_where_it_is_free_and_only_there() -> None:
    table, chance = Conntrack(), Chance(1)
    first = free_source(table, OUT, "203.0.113.1", chance, 0)
    assert first == ("203.0.113.1", 4000, "192.0.2.1", 80)
    table.add(OUT, inverse(first), TrackState.ESTABLISHED, 0)
    second = free_source(table, OUT, "203.0.113.1", chance, 0)
    assert second != first and second[2:] == OUT[2:] and 1024 <= second[1] <= 65_535
    elsewhere = free_source(table, (*OUT[:2], "192.0.2.2", 80), "203.0.113.1", chance, 0)
    assert elsewhere[1] == 4000  # another destination is another tuple


def test_an_end_of_ports() -> None:
    class Full(Conntrack):
        def is_taken(self, reply: tuple[str, int, str, int], now_ns: int) -> bool:
            del reply, now_ns
            return True

    with pytest.raises(NoPortLeftError):
        free_source(Full(), OUT, "203.0.113.1", Chance(1), 0)
