"""A watched host as JSON lines, schema `estab.watch/1`: one event a line, each with its schema and kind.

`begin` says what is watched; `appeared`, `changed` and `ended` hold a finding as in `estab.diagnosis/1`; `capture` stands where an
interval lacks packets; `end` counts.
"""

from __future__ import annotations

from typing import Any

from estab.diagnose.changes import Change, ChangeKind, FindingLog
from estab.report.host_json import host_finding_to_dict, host_to_dict
from estab.report.model import HostAnalysis
from estab.text import Translator

SCHEMA = "estab.watch/1"
Document = dict[str, Any]


def begin_to_dict(analysis: HostAnalysis, translator: Translator) -> Document:
    """The first line: what is watched, and which rules can run; the findings come behind it, one a line."""
    document = host_to_dict(analysis, translator)
    for name in ("schema", "findings", "partial"):
        del document[name]
    return _head("begin", analysis.facts.before.taken_ns) | document


def change_to_dict(analysis: HostAnalysis, change: Change, translator: Translator) -> Document:
    """One change."""
    document = _head(change.kind.value, analysis.host.taken_ns) | {
        "since_ns": change.since_ns,
        "until_ns": change.until_ns,
        "lasted_ns": change.lasted_ns,
        "times": change.times,
        "finding": host_finding_to_dict(analysis, change.finding, translator),
    }
    if change.kind is ChangeKind.CHANGED and change.was is not None:
        document["was"] = {"severity": change.was.severity.value, "count": change.was.count}
    return document


def missing_to_dict(analysis: HostAnalysis) -> Document | None:
    """The packets that an interval lacks; None where it lacks none."""
    packets = analysis.packets
    if packets is None or not (packets.lost or packets.left_out or packets.went_down):
        return None
    missing = {"lost": packets.lost, "left_out": packets.left_out, "went_down": packets.went_down}
    return _head("capture", analysis.host.taken_ns) | {"interface": packets.interface} | missing


def end_to_dict(log: FindingLog, intervals: int, lasted_ns: int, at_ns: int) -> Document:
    """The last line."""
    counts = {"intervals": intervals, "lasted_ns": lasted_ns, "appeared": log.appeared, "ended": log.ended, "left": log.standing}
    return _head("end", at_ns) | counts


def _head(event: str, at_ns: int) -> Document:
    return {"schema": SCHEMA, "event": event, "at_ns": at_ns}
