from __future__ import annotations

import pytest

from estab.diagnose.run import Diagnosis, NotRun
from estab.report.diagnosis_text import diagnosis_text, spelled_files
from estab.report.model import Analysis
from estab.text import msg
from estab.typeset import width_of
from estab.wire.columns import Skipped
from tests.rules.conversation import Capture
from tests.unit.report.analyses import analysis_of, layout, leak_and_refusal


def test_findings_stand_worst_first_with_all_that_belongs_to_them() -> None:
    text = diagnosis_text(analysis_of(leak_and_refusal()), layout())
    assert text.index("CRITICAL") < text.index("WARNING")
    for label in ("Hit ", "Evidence ", "Why ", "Not ", "Do ", "Do not ", "Look "):
        assert f"\n  {label}" in text
    assert "(connection 6: packets 43, 44)" in " ".join(text.split()) and "estab trace test.pcap --conn 6" in text


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_screen_but_those_to_be_copied(language: str, width: int) -> None:
    text = diagnosis_text(analysis_of(leak_and_refusal()), layout(language, width=width, notes=True, why=True))
    wide = [line for line in text.splitlines() if width_of(line) > width]
    assert [line for line in wide if "Wireshark" not in line and "estab " not in line] == []


def test_labels_are_chinese_for_chinese_readers_and_codes_stay() -> None:
    text = diagnosis_text(analysis_of(leak_and_refusal()), layout("zh_CN"))
    assert "严重" in text and "证据" in text and "handshake.refused" in text and "Evidence" not in text


def test_no_finding_is_one_line_that_says_what_was_checked() -> None:
    capture = Capture()
    capture.talk().open().close()
    analysis = analysis_of(capture)
    last = diagnosis_text(analysis, layout()).splitlines()[-1]
    assert last.startswith("no finding: nothing wrong is seen in 1 connection · ") and last.endswith("rules ran")


def test_where_there_is_no_connection_that_is_said() -> None:
    analysis = analysis_of(Capture())
    assert "there is no TCP connection" in diagnosis_text(analysis, layout())
    analysis.capture.skipped[Skipped.TRUNCATED] = 2
    assert "no TCP connection could be made out" in diagnosis_text(analysis, layout())


@pytest.mark.parametrize(
    ("names", "spelled"),
    [
        (["a.pcap"], "a.pcap"),
        (["a b.pcap", "c.pcap", "d.pcap"], "'a b.pcap' c.pcap d.pcap"),
        ([f"x/ring_{number}.pcap" for number in range(40)], "x/ring_*.pcap"),
        ([f"my ring {number}.pcap.gz" for number in range(40)], "'my ring '*.pcap.gz"),
        (["x/1", "x/2", "x/3", "x/4"], ""),  # x/* may be anything
        (["a/1.pcap", "a/2.pcap", "b/1.pcap", "b/2.pcap"], ""),
        (["-"], ""),
        (["a.pcap", "-"], ""),
    ],
)
def test_captures_are_named_so_that_a_command_can_be_copied(names: list[str], spelled: str) -> None:
    assert spelled_files(names) == spelled


def test_notes_are_counted_and_shown_only_when_asked_for() -> None:
    capture = Capture()
    capture.talk().open().client("FA").wait("40ms").server("A")
    analysis = analysis_of(capture)
    quiet, loud = diagnosis_text(analysis, layout()), diagnosis_text(analysis, layout(notes=True))
    assert "NOTE" not in quiet and "1 note (-v shows it)" in quiet
    assert "NOTE" in loud and "-v shows" not in loud


def test_only_the_worst_are_shown_when_asked_for() -> None:
    text = diagnosis_text(analysis_of(leak_and_refusal()), layout(most=1))
    assert "CRITICAL" in text and "WARNING" not in text and "1 more finding is not shown (--top)" in text


def test_rules_that_could_not_run_are_counted_and_told_by_reason() -> None:
    analysis = analysis_of(Capture())
    not_run = tuple(NotRun(code, msg("needs times; this capture has none")) for code in ("a.one", "b.two"))
    lame = Analysis(capture=analysis.capture, connections=analysis.connections, facts=analysis.facts, diagnosis=Diagnosis((), not_run, 1))
    assert "1 rule ran, 2 could not (--why)" in diagnosis_text(lame, layout())
    assert "Not run: needs times; this capture has none\n  a.one b.two\n" in diagnosis_text(lame, layout(why=True))


def test_colour_changes_nothing_but_colour() -> None:
    import re

    analysis = analysis_of(leak_and_refusal())
    plain, coloured = diagnosis_text(analysis, layout()), diagnosis_text(analysis, layout(colour=True))
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain and coloured != plain
