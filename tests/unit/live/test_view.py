"""What is derived from a table, each thing once."""

from __future__ import annotations

from tests.unit.live.made import SHELL, WEB, view


def test_owners_by_row() -> None:
    made = view()
    assert len(made) == 5
    assert made.owners_of(3) == (SHELL,) and made.owners_of(4) == () and made.owners_of(1) == (WEB,)


def test_texts_of_owners_each_once() -> None:
    made = view()
    assert made.owner_texts("command") == [("nginx",), ("nginx",), ("nginx",), ("ssh",), ()]
    assert made.owner_texts("pid") == [("812", "813"), ("812",), ("812",), ("99",), ()]
    assert made.owner_texts("container") == [(), (), (), ("abcdef012345",), ()]


def test_times_are_those_of_ages() -> None:
    made = view()
    assert made.age_ms.tolist() == [-1, 70_000, 125_000, 0, 2_000] and made.age_ms is made.age_ms
    assert made.idle_ms.tolist() == [-1, 900, 200_000, 0, -1]
