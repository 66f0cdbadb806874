"""Analyses for the tests of reports: conversations, tracked and diagnosed."""

from __future__ import annotations

from estab.diagnose import rules
from estab.diagnose.catalog import load
from estab.diagnose.rule import LoadedRule
from estab.diagnose.run import diagnose
from estab.report.model import Analysis
from estab.report.painter import Painter
from estab.report.view import Layout
from estab.text import Translator, msg
from tests.rules.conversation import Capture

RULES = [LoadedRule(*load(rules, name)) for name in ("close_close_wait_leak", "flow_zero_window", "handshake_refused")]
"""Few and well known, so that a new rule does not change these reports."""


def analysis_of(capture: Capture, *, partial: bool = False) -> Analysis:
    facts = capture.facts()
    return Analysis(capture=facts.capture, connections=facts.connections, facts=facts, diagnosis=diagnose(facts, RULES), partial=partial)


def layout(language: str = "en", *, width: int = 80, colour: bool = False, **more: object) -> Layout:
    return Layout(translator=Translator(language), width=width, painter=Painter(colour=colour), **more)  # type: ignore[arg-type]


def leak_and_refusal() -> Capture:
    """Connections 0-5 leak at 10.0.0.2:80, 6 is refused at 10.0.0.2:81, 7 is healthy over IPv6."""
    capture = Capture()
    for _ in range(6):
        capture.talk().open().client("PA", data=10).server("PA", data=100).client("FA").wait("40ms").server("A")
    capture.talk(server="10.0.0.2:81").client("S").server("RA", seq=0)
    capture.talk("[2001:db8::1]", "[2001:db8::2]:443").open("20ms").close()
    capture.wait("90s")
    return capture


def damaged(capture: Capture) -> Analysis:
    analysis = analysis_of(capture)
    analysis.capture.damage.append(msg("the file ends in the middle of a record"))
    analysis.capture.notes.append(msg("{file}: {count} packets carry no time", file="test.pcap", count=2))
    return analysis
