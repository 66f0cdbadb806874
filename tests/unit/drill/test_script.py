from __future__ import annotations

import dataclasses

import pytest

from estab.drill import script
from estab.drill.script import Number, OptionKind, OptionSpec, Script


def test_values_are_frozen() -> None:
    for name in ("Event", "PacketAction", "TcpSpec", "IcmpSpec", "CallAction", "OptionSpec", "Script", "When"):
        assert dataclasses.fields(getattr(script, name))
        assert getattr(script, name).__dataclass_params__.frozen


def test_equal_options_are_equal_whatever_names_their_kind() -> None:
    assert OptionSpec(2, (1460,)) == OptionSpec(OptionKind.MSS, (1460,))
    with pytest.raises(dataclasses.FrozenInstanceError):
        Number(1).value = 2  # type: ignore[misc]


def test_a_script_needs_only_its_name() -> None:
    assert Script(path="a.pkt").events == ()
