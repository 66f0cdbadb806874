from __future__ import annotations

from estab.cli.exit import Exit


def test_statuses_are_those_of_the_contract() -> None:
    assert {status.name: status.value for status in Exit} == {"DONE": 0, "FOUND": 1, "UNUSABLE": 2, "NOT_PERMITTED": 3, "INTERRUPTED": 130}
