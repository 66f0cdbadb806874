from __future__ import annotations

from estab.report.view import source_lines
from estab.typeset import width_of
from tests.rules.conversation import Capture
from tests.unit.report.analyses import analysis_of, damaged, layout, leak_and_refusal


def test_the_first_line_says_what_was_read_and_how_fast() -> None:
    capture = Capture()
    capture.talk().open("20ms").close()
    (line,) = source_lines(analysis_of(capture), layout(width=130, elapsed_ns=41_200_000))
    said = "test.pcap   6 packets · 1 connection · 20.1 ms from 2023-11-14 22:13:20 UTC · taken at the client  "
    assert line.startswith(said)
    assert line.endswith("  read in 41.2 ms") and width_of(line) == 130


def test_a_narrow_screen_gets_two_lines() -> None:
    lines = source_lines(analysis_of(leak_and_refusal()), layout(width=60))
    assert lines[0] == "test.pcap" and all(width_of(line) <= 60 for line in lines)


def test_damage_notes_and_an_interruption_are_told() -> None:
    told = source_lines(damaged(leak_and_refusal()), layout(width=110))
    assert "  damage  the file ends in the middle of a record" in told
    assert "  note    test.pcap: 2 packets carry no time" in told
    assert source_lines(analysis_of(leak_and_refusal(), partial=True), layout())[-1].startswith("PARTIAL")


def test_without_times_no_duration_is_told() -> None:
    capture = Capture(timed=False)
    capture.talk().open()
    assert source_lines(analysis_of(capture), layout()) == ["test.pcap   3 packets · 1 connection · capture point not known"]


def test_a_missing_direction_is_told() -> None:
    capture = Capture()
    capture.talk().client("S").server("SA", unseen=True).client("A")
    assert "  note    one direction only: what the other side" in source_lines(analysis_of(capture), layout(width=60))[-2]
