from __future__ import annotations

import pytest

from estab.engine.congestion import choice


@pytest.mark.parametrize("name", choice.AVAILABLE)
def test_each_available_one_can_be_made_and_bears_its_name(name: str) -> None:
    assert choice.make(name).name == name


def test_what_remembers_is_not_shared() -> None:
    assert choice.make("cubic") is not choice.make("cubic")


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        choice.make("westwood")
