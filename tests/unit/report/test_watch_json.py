"""A watched host's events as documents of one line."""

from __future__ import annotations

import json
from dataclasses import replace

from estab.diagnose.changes import ChangeKind, FindingLog
from estab.diagnose.finding import Severity
from estab.report.watch_json import begin_to_dict, change_to_dict, end_to_dict, missing_to_dict
from estab.text import Translator
from tests.unit.report.host_analyses import captured, leak_analysis
from tests.unit.report.test_watch_text import ANALYSIS, LEAK, change

ENGLISH = Translator("en")


def test_the_beginning_says_what_is_watched_without_findings() -> None:
    document = begin_to_dict(ANALYSIS, ENGLISH)
    assert document["schema"] == "estab.watch/1" and document["event"] == "begin" and document["source"]["kind"] == "host"
    assert "findings" not in document and document["rules_ran"] > 50


def test_changes_hold_the_finding_and_how_long_it_lasted() -> None:
    ended = change_to_dict(ANALYSIS, change(ChangeKind.ENDED), ENGLISH)
    assert (ended["event"], ended["lasted_ns"], ended["finding"]["code"]) == ("ended", 76 * 10**9, "close.close_wait_leak")
    assert ended["finding"]["owners"][0]["pid"] == 77 and "was" not in ended
    changed = change_to_dict(ANALYSIS, change(ChangeKind.CHANGED, was=replace(LEAK, severity=Severity.WARNING)), ENGLISH)
    assert changed["was"] == {"severity": "warning", "count": 30}
    assert json.loads(json.dumps(changed)) == changed


def test_the_end_counts() -> None:
    log = FindingLog()
    log.appeared = 3
    document = end_to_dict(log, 7, 35, 99)
    assert (document["event"], document["intervals"], document["appeared"], document["left"]) == ("end", 7, 3, 0)


def test_packets_that_an_interval_lacks() -> None:
    assert missing_to_dict(ANALYSIS) is None and missing_to_dict(leak_analysis(packets=captured())) is None
    document = missing_to_dict(leak_analysis(packets=captured(lost=3)))
    assert document is not None and (document["event"], document["lost"], document["interface"]) == ("capture", 3, "eth7")
