"""What all tests share: Hypothesis without timing, and where data lies."""

from __future__ import annotations

import os
import pathlib

import hypothesis
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# No test looks at the clock; on a build machine the same examples are drawn every time.
hypothesis.settings.register_profile("estab", deadline=None, derandomize="CI" in os.environ, print_blob=True)
hypothesis.settings.load_profile("estab")


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """The top folder of the project."""
    return ROOT
