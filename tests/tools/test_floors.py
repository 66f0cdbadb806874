from __future__ import annotations

import json
import pathlib

import pytest

from tools.floors import FLOORS, below, main

FULL = {measure: {"percent": 100.0} for measure in FLOORS}


def test_full_marks_are_enough() -> None:
    assert below(FULL) == []


@pytest.mark.parametrize("measure", FLOORS)
def test_each_measure_counts(measure: str) -> None:
    assert len(below(FULL | {measure: {"percent": FLOORS[measure] - 0.01}})) == 1
    assert below(FULL | {measure: {"percent": FLOORS[measure]}}) == []
    assert below({name: score for name, score in FULL.items() if name != measure}) == [f"{measure}: not measured"]


def test_the_status_tells(tmp_path: pathlib.Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text(json.dumps(FULL))
    assert main([str(scores)]) == 0
    scores.write_text(json.dumps(FULL | {"crash": {"percent": 99.9}}))
    assert main([str(scores)]) == 1
