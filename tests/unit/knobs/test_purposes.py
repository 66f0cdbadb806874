"""Profiles: choices that kernels take."""

from __future__ import annotations

import pytest

from estab.knobs.catalog import KNOBS
from estab.knobs.purposes import PURPOSES, Aim, Purpose, Wish


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=lambda purpose: purpose.name)
def test_choices_are_valid_and_each_knob_is_named_once(purpose: Purpose) -> None:
    assert PURPOSES[purpose.name] is purpose
    names = [wish.knob for wish in purpose.wishes]
    assert len(names) == len(set(names)) >= 4
    for wish in purpose.wishes:
        knob = KNOBS[wish.knob]
        assert knob.is_sysctl and knob.valid is not None
        assert all(int(word) in knob.valid for word in wish.value.split())
        assert str(wish.why)


def test_only_ranges_are_widened() -> None:
    wider: list[Wish] = [wish for purpose in PURPOSES.values() for wish in purpose.wishes if wish.aim is Aim.WIDER]
    assert [wish.knob for wish in wider] == ["ip_local_port_range"]
