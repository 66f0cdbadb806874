"""The laboratory for each provocation; without the privilege all of them are skipped, visibly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.provoke.laboratory import Laboratory, laboratory, missing

WHY_NOT = missing()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if WHY_NOT and "tests/provoke" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason=WHY_NOT))


@pytest.fixture
def lab() -> Iterator[Laboratory]:
    """Hosts that end with the test."""
    with laboratory() as made:
        yield made
