from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.report.trace_rows import SORT_KEYS, Selection, select, split_endpoint
from tests.unit.report.analyses import analysis_of, leak_and_refusal

ANALYSIS = analysis_of(leak_and_refusal())


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (Selection(), [0, 1, 2, 3, 4, 5, 6, 7]),
        (Selection(state="close-wait"), [0, 1, 2, 3, 4, 5]),
        (Selection(state="CLOSE_WAIT", endpoint="10.0.0.1:40002"), [1]),
        (Selection(endpoint="10.0.0.2"), [0, 1, 2, 3, 4, 5, 6]),
        (Selection(endpoint="10.0.0.2:81"), [6]),
        (Selection(endpoint="[2001:db8::2]:443"), [7]),
        (Selection(endpoint="2001:db8::1"), [7]),
        (Selection(endpoint="10.0.0.9"), []),
        (Selection(finding="handshake.refused"), [6]),
        (Selection(connection=3), [3]),
        (Selection(sort=("packets", "-id")), [6, 7, 5, 4, 3, 2, 1, 0]),
        (Selection(sort=("-bytes", "id"), endpoint="10.0.0.2:80"), [0, 1, 2, 3, 4, 5]),
        (Selection(sort=("-start",)), [7, 6, 5, 4, 3, 2, 1, 0]),
        (Selection(sort=("server", "id")), [0, 1, 2, 3, 4, 5, 6, 7]),
        (Selection(sort=("-rtt",), endpoint="2001:db8::1"), [7]),
    ],
)
def test_what_is_asked_for_is_found(wanted: Selection, rows: list[int]) -> None:
    found, left_out = select(ANALYSIS, wanted)
    assert found.tolist() == rows and left_out == 0


def test_a_limit_tells_how_many_are_left_out() -> None:
    found, left_out = select(ANALYSIS, Selection(limit=3))
    assert found.tolist() == [0, 1, 2] and left_out == 5


@pytest.mark.parametrize("key", SORT_KEYS)
def test_every_key_sorts_both_ways(key: str) -> None:
    up, down = (select(ANALYSIS, Selection(sort=(way + key, "id")))[0].tolist() for way in ("", "-"))
    assert sorted(up) == sorted(down) == list(range(8))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Selection(state="half-open"), "CLOSE-WAIT"),
        (Selection(endpoint="example.org"), "10.0.0.1:80"),
        (Selection(endpoint="10.0.0.1:http"), "http"),
        (Selection(endpoint="10.0.0.1:70000"), "70000"),
        (Selection(sort=("age",)), "duration"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(wanted: Selection, says: str) -> None:
    with pytest.raises(MisuseError, match=says):
        select(ANALYSIS, wanted)


def test_an_endpoint_without_a_port() -> None:
    assert split_endpoint("[2001:db8::1]") == ("2001:db8::1", None)
