"""Whatever the network does: streams arrive as they were written, and every connection ends.

`ESTAB_LIVES=10000` in the environment plays as many.
"""

from __future__ import annotations

import os

import pytest

from tests.property.lives import Life

LIVES = int(os.environ.get("ESTAB_LIVES", "1000"))
BATCH = 50


@pytest.mark.parametrize("first", range(0, LIVES, BATCH))
def test_streams_are_whole_and_every_connection_ends(first: int) -> None:
    for seed in range(first, min(first + BATCH, LIVES)):
        life = Life(seed)
        try:
            life.run()
            life.check()
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}: {wrong}") from wrong
