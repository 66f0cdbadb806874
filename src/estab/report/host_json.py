"""A diagnosis of a live host as the document `estab.diagnosis/1`."""

from __future__ import annotations

from typing import Any

from estab.diagnose.finding import Finding
from estab.report.diagnosis_json import SCHEMA, finding_to_dict, socket_to_dict
from estab.report.model import HostAnalysis
from estab.report.sockets_json import owner_to_dict
from estab.text import Translator

Document = dict[str, Any]


def host_to_dict(analysis: HostAnalysis, translator: Translator | None = None) -> Document:
    """The document; texts in the translator's language, English without one."""
    tr, host = translator or Translator(), analysis.host
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
        "partial": analysis.partial,
        "findings": [host_finding_to_dict(finding, tr) for finding in analysis.diagnosis.findings],
        "rules_ran": analysis.diagnosis.rules_ran,
        "not_run": [{"code": entry.code, "why": tr(entry.why)} for entry in analysis.diagnosis.not_run],
    }


def host_finding_to_dict(finding: Finding, tr: Translator) -> Document:
    """A finding with its sockets and owners; it names no connections of a capture."""
    document = finding_to_dict(finding, tr)
    document["connections"] = []
    document["sockets"] = [socket_to_dict(socket) for socket in finding.sockets]
    document["owners"] = [owner_to_dict(owner) for owner in finding.owners]
    return document
