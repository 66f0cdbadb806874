from __future__ import annotations

import importlib
import re

import pytest

from estab.diagnose.catalog import all_rules
from estab.diagnose.finding import Severity
from estab.diagnose.rule import HEADINGS, LoadedRule, Need, Rule, Source
from estab.knobs.catalog import KNOBS
from estab.text import msg

RULES = pytest.mark.parametrize("loaded", all_rules(), ids=lambda loaded: loaded.rule.code)


def test_a_rule_lies_in_the_file_named_after_its_code() -> None:
    assert Rule(code="half_open.peer_vanished", title=msg("x"), severity=Severity.INFO).module_name == "half_open_peer_vanished"


@RULES
def test_every_rule_explains_itself_under_the_fixed_headings(loaded: LoadedRule) -> None:
    module = importlib.import_module(f"estab.diagnose.rules.{loaded.rule.module_name}")
    found = re.findall(r"^([A-Z][a-z ]+)$", module.__doc__ or "", re.MULTILINE)
    assert tuple(found) == HEADINGS


@RULES
def test_every_rule_names_its_sources_and_knobs_that_exist(loaded: LoadedRule) -> None:
    rule = loaded.rule
    assert rule.references and all(isinstance(reference, str) for reference in rule.references)
    assert [knob for knob in rule.knobs if knob not in KNOBS] == []


@RULES
def test_a_rule_for_captures_needs_nothing_of_the_host(loaded: LoadedRule) -> None:
    of_the_host = {Need.SOCKETS, Need.COUNTERS, Need.KNOBS, Need.PROCESSES}
    assert loaded.rule.seen_from is Source.LIVE or not loaded.rule.needs & of_the_host
