"""What the tests of rules share; `conversation` has the language they are written in."""

from __future__ import annotations

import pathlib

import pytest

from estab.diagnose.facts import Facts
from estab.track import Tracker
from tests.rules.conversation import Capture


@pytest.fixture
def capture() -> Capture:
    """An empty capture to write conversations into."""
    return Capture()


@pytest.fixture
def laboratory(root: pathlib.Path):  # type: ignore[no-untyped-def]
    """Facts of a capture of real kernels in tests/data/captures; the test is skipped where the file is not there."""

    def read(name: str) -> Facts:
        from estab.capture.reader import Reader

        path = root / "tests" / "data" / "captures" / name
        if not path.exists():
            pytest.skip(f"{name} is not in tests/data/captures")
        tracker = Tracker()
        with Reader([path]) as reader:
            for chunk in reader:
                tracker.feed(chunk.rows, chunk.count, chunk.life)
        return Facts(tracker.finish(), reader.summary)

    return read
