"""A diagnosis of a live host as the document `estab.diagnosis/1`."""

from __future__ import annotations

from typing import Any

from estab.diagnose.between import EndedPlace
from estab.diagnose.finding import Finding
from estab.report.diagnosis_json import SCHEMA, finding_to_dict, socket_to_dict
from estab.report.model import CapturedPackets, HostAnalysis
from estab.report.sockets_json import owner_to_dict
from estab.report.trace_json import capture_to_dict
from estab.text import Translator

Document = dict[str, Any]

PLACES_TOLD = 100
"""Places at which connections ended; the largest."""


def host_to_dict(analysis: HostAnalysis, translator: Translator | None = None) -> Document:
    """The document; texts in the translator's language, English without one."""
    tr, host, packets = translator or Translator(), analysis.host, analysis.packets
    captured = {} if packets is None else {"capture": _packets_to_dict(packets, tr)}
    return {
        "schema": SCHEMA,
        "source": {
            "kind": "host",
            "netns": analysis.netns or None,
            "pid": analysis.pid,
            "namespace": host.namespace,
            "kernel": host.kernel,
            "taken_ns": host.taken_ns,
            "interval_ns": analysis.facts.interval_ns,
            "sockets": analysis.facts.count,
            "unseen": {name: reason if isinstance(reason, str) else tr(reason) for name, reason in host.unseen.items()},
        },
        "between": _between_to_dict(analysis, tr),
        **captured,
        "partial": analysis.partial,
        "findings": [host_finding_to_dict(analysis, finding, tr) for finding in analysis.diagnosis.findings],
        "rules_ran": analysis.diagnosis.rules_ran,
        "not_run": [{"code": entry.code, "why": tr(entry.why)} for entry in analysis.diagnosis.not_run],
    }


def _between_to_dict(analysis: HostAnalysis, tr: Translator) -> Document | None:
    """What happened between the readings; null where nobody listened."""
    heard, between, facts = analysis.facts.heard, analysis.facts.between, analysis.facts
    if heard is None:
        return None
    reasons = {"ends": heard.deaf, "openers": heard.unseen}
    return {
        "opened": facts.moved("Tcp.ActiveOpens", "Tcp.PassiveOpens"),
        "ended": 0 if between is None else between.count,
        "in_neither_reading": 0 if between is None else int(between.in_no_table.sum()),
        "lost": heard.lost,
        "places": [] if between is None else [_place_to_dict(place) for place in between.places()[:PLACES_TOLD]],
        "unseen": {what: tr(reason) for what, reason in reasons.items() if reason is not None},
    }


def _place_to_dict(place: EndedPlace) -> Document:
    return {
        "inbound": place.group.inbound,
        **place.group.endpoint.to_dict(),
        "ended": {how.name.lower(): count for how, count in place.counts.items()},
        "openers": [{"pid": owner.pid, "command": owner.command, "count": count} for owner, count in place.openers],
    }


def _packets_to_dict(packets: CapturedPackets, tr: Translator) -> Document:
    """What was captured, as for a file, and what is not in it."""
    missing = {"lost": packets.lost, "left_out": packets.left_out, "went_down": packets.went_down}
    named = {"interface": packets.interface, "files": [] if packets.file is None else [packets.file]}
    return capture_to_dict(packets.analysis, tr) | named | missing


def host_finding_to_dict(analysis: HostAnalysis, finding: Finding, tr: Translator) -> Document:
    """A finding with its sockets and owners; it names connections where packets were captured."""
    document = finding_to_dict(finding, tr)
    if analysis.packets is None:
        document["connections"] = []
    return document | sockets_and_owners(finding)


def sockets_and_owners(finding: Finding) -> Document:
    """What only a host knows of a finding."""
    return {
        "sockets": [socket_to_dict(socket) for socket in finding.sockets],
        "owners": [owner_to_dict(owner) for owner in finding.owners],
    }
