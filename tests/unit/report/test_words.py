from __future__ import annotations

import pytest

from estab.report import words
from estab.text import Text
from tests.rules.conversation import Capture
from tests.unit.report.analyses import analysis_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (words.packets(1), "1 packet"),
        (words.packets(1204332), "1\u00a0204\u00a0332 packets"),
        (words.connections(1), "1 connection"),
        (words.connections(0), "0 connections"),
        (words.bytes_of(1), "1 byte"),
        (words.bytes_of(2), "2 bytes"),
    ],
)
def test_counted_things(text: Text, said: str) -> None:
    assert str(text) == said


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (9_949, "9.9k"),
        (9_951, "10k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (10**18, "1.0E"),
        (10**21, "1000E"),
    ],
)
def test_sizes_take_few_characters(number: int, text: str) -> None:
    assert words.size(number) == text


@pytest.mark.parametrize(
    ("files", "name"),
    [(["a.pcap"], "a.pcap"), (["-"], "standard input"), (["a.pcap", "b.pcap", "c.pcap"], "a.pcap and 2 more")],
)
def test_the_name_of_what_was_read(files: list[str], name: str) -> None:
    analysis = analysis_of(Capture())
    analysis.capture.files[:] = files
    assert str(words.name_of_source(analysis)) == name
