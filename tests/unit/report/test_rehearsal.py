from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from estab.api import lab_run
from estab.report.rehearsal import Rehearsal


@functools.cache
def refused() -> Rehearsal:
    return lab_run("refused").rehearsal


def test_codes_are_those_of_warnings_and_criticals() -> None:
    assert refused().codes == {"handshake.refused"}
    lost = lab_run("lost_syn").rehearsal
    assert lost.codes == frozenset() and lost.analysis.diagnosis.findings


@pytest.mark.parametrize(
    ("change", "as_expected"),
    [
        ({}, True),
        ({"expected": frozenset()}, False),
        ({"expected": None}, True),
        ({"disagreements": ["packet 1"]}, False),
        ({"problem": "otherwise"}, False),
    ],
)
def test_everything_must_be_as_declared(change: dict[str, object], as_expected: bool) -> None:
    assert replace(refused(), **change).as_expected is as_expected  # type: ignore[arg-type]
