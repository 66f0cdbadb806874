"""The records: what packet loops may rely on."""

from __future__ import annotations

import numpy as np
import pytest

from estab.track import records
from estab.track.records import CONNECTION, SIDE, TRANSITION, TRANSITIONS_MAX
from estab.track.states import ANY

MARKS = {name: value for name, value in vars(records).items() if name.isupper() and isinstance(value, int) and name != "TRANSITIONS_MAX"}


def test_marks_of_one_kind_of_record_do_not_overlap() -> None:
    names = list(MARKS)
    border = names.index("SAW_SYN")
    for group in (names[:border], names[border:]):
        values = [MARKS[name] for name in group]
        assert len(set(values)) == len(values)
        assert all(value & (value - 1) == 0 and 0 < value < 1 << 31 for value in values)


@pytest.mark.parametrize("name", SIDE.names or ())
def test_all_fields_of_a_side_are_signed(name: str) -> None:
    """In compiled code a signed and an unsigned number make a float."""
    assert SIDE[name].base.kind == "i"


def test_positions_and_times_are_64_bits_wide() -> None:
    for name in SIDE.names or ():
        if name.endswith("_ns") or name in {
            "snd_max",
            "acked",
            "ack_sent",
            "isn",
            "fin_position",
            "fin_ack",
            "recover",
            "window_edge",
            "run_seq",
        }:
            assert SIDE[name].base == np.dtype("i8"), name
    assert CONNECTION["first_ns"] == TRANSITION["time_ns"] == np.dtype("i8")


def test_a_transition_holds_any_set() -> None:
    assert np.iinfo(TRANSITION["states"]).max >= ANY
    assert np.iinfo(SIDE["states"]).max >= ANY
    assert np.iinfo(SIDE["transitions"]).max >= TRANSITIONS_MAX
