"""Every permanent code has its page.  `permanent_codes.csv` is the project's list of codes: it may grow, nothing in it may change."""

from __future__ import annotations

import csv
import pathlib
import re

import pytest

from estab.diagnose.catalog import all_rules
from estab.diagnose.rule import Rule
from estab.explain.codes.catalog import CODES
from estab.explain.codes.declare import CodePage, SeenFrom
from estab.knobs.catalog import KNOBS
from estab.machine.states import State

with (pathlib.Path(__file__).parent / "permanent_codes.csv").open(encoding="utf-8", newline="") as file:
    PERMANENT = list(csv.DictReader(file))

REFERENCE = re.compile(
    r"RFC \d+( §\d+(\.\d+)*| figure \d+)?|ip-sysctl(: \w+)?|tcp\(7\)|(socket|ip|capabilities)\(7\)|(nft|tc|ethtool|ip-route)\(8\)"
    r"|(accept|getrlimit)\(2\)|net/[\w/]+\.c|Documentation/[\w/-]+\.rst"
)
each_page = pytest.mark.parametrize("page", CODES.values(), ids=lambda page: page.code)


@pytest.mark.parametrize("entry", PERMANENT, ids=lambda entry: entry["code"])
def test_every_permanent_code_has_a_page_with_its_severity_and_source(entry: dict[str, str]) -> None:
    page = CODES[entry["code"]]
    assert (page.seen_from.name.lower(), page.severity.name.lower()) == (entry["seen_from"], entry["severity"])


def test_every_page_is_a_permanent_code() -> None:
    assert set(CODES) == {entry["code"] for entry in PERMANENT}


@pytest.mark.parametrize("rule", [found.rule for found in all_rules()], ids=lambda rule: rule.code)
def test_every_rule_has_a_page_that_agrees_with_it(rule: Rule) -> None:
    page = CODES[rule.code]
    assert rule.severity.name == page.severity.name
    assert page.seen_from in (SeenFrom.BOTH, SeenFrom[rule.seen_from.name])
    assert set(rule.knobs) <= set(KNOBS)


@each_page
def test_a_page_says_where_to_look_for_each_source_that_can_show_it(page: CodePage) -> None:
    if page.seen_from is SeenFrom.CAPTURE:
        assert page.capture
    else:
        assert page.live


@each_page
def test_related_pages_exist(page: CodePage) -> None:
    labels = {state.label for state in State}
    assert page.states and set(page.states) <= labels
    assert set(page.knobs) <= set(KNOBS)
    assert {alike.name for alike in page.alike} - {""} <= set(CODES) - {page.code}
    assert len(set(page.knobs)) == len(page.knobs)


@each_page
def test_faults_have_a_remedy_and_references_have_a_known_form(page: CodePage) -> None:
    assert page.references
    assert [reference for reference in page.references if not REFERENCE.fullmatch(reference)] == []
    if page.severity.name == "CRITICAL":
        assert page.do


@each_page
def test_knobs_that_the_text_names_are_related_pages(page: CodePage) -> None:
    """A step or a caution that names a sysctl leads to its page."""
    text = " ".join([*(step.text.message for step in page.do), page.caution.message if page.caution else ""])
    named = {word for word in re.findall(r"\b(?:tcp|nf_conntrack|ip_local)_[a-z0-9_]+\b", text) if word in KNOBS}
    assert named <= set(page.knobs)
