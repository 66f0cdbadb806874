"""Any segment in any state: nothing raises, no stream is damaged, no window shrinks, memory stays bounded.

`ESTAB_HOSTILE_SEGMENTS=1000000` in the environment sends as many.
"""

from __future__ import annotations

import os

import pytest

from tests.property.hostile import storm

SEGMENTS = int(os.environ.get("ESTAB_HOSTILE_SEGMENTS", "20000"))
STEPS = 200
BATCH = 20


@pytest.mark.parametrize("first", range(0, SEGMENTS // STEPS, BATCH))
def test_hostile_segments_do_no_harm(first: int) -> None:
    for seed in range(first, first + BATCH):
        try:
            storm(seed, STEPS)
        except Exception as wrong:
            raise AssertionError(f"seed {seed}: {type(wrong).__name__} {wrong}") from wrong
