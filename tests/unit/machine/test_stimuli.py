from __future__ import annotations

import pytest

from estab.machine.stimuli import Cause, Condition, Effect, Emission, Fact, Meaning, Stimulus
from estab.machine.table import ROWS


def test_emissions_are_indices_of_the_maps() -> None:
    assert [(emission.name, emission.value, emission.label) for emission in Emission] == [
        ("SYN", 0, "SYN"),
        ("SYN_ACK", 1, "SYN,ACK"),
        ("ACK", 2, "ACK"),
        ("FIN", 3, "FIN"),
        ("RST", 4, "RST"),
        ("NONE", 5, ""),
    ]


def test_meanings_and_facts_are_indices_of_the_maps() -> None:
    assert [(meaning.name, meaning.value) for meaning in Meaning] == [
        ("SYN", 1),
        ("ACK_OF_SYN", 2),
        ("ACK_OF_FIN", 4),
        ("FIN", 8),
        ("RST", 16),
        ("TEXT", 32),
    ]
    assert [(fact.name, fact.value) for fact in Fact] == [("SYN_RECEIVED", 1), ("FIN_RECEIVED", 2), ("FIN_SENT", 4), ("FIN_ACKED", 8)]


def test_segments_are_what_is_not_internal() -> None:
    segments = "OUT_OF_WINDOW BLIND_RST BAD_ACK RST SYN ACK_OF_SYN ACK ACK_OF_FIN TEXT FIN"
    assert [stimulus.name for stimulus in Stimulus if not stimulus.is_internal] == segments.split()
    assert {stimulus.cause for stimulus in Stimulus if stimulus.is_internal} == {Cause.CALL, Cause.TIMER}


@pytest.mark.parametrize("vocabulary", [Stimulus, Condition, Effect, Emission])
def test_every_word_is_used_by_a_row_and_no_two_mean_the_same(vocabulary: type[Stimulus | Condition | Effect | Emission]) -> None:
    used = {word for row in ROWS for word in (row.stimulus, row.condition, row.emits, *row.effects)}
    assert [word for word in vocabulary if word not in used] == []
    assert len(list(vocabulary)) == len(vocabulary.__members__), "an alias: two words with one value"
