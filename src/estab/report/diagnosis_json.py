"""A diagnosis as the document `estab.diagnosis/1`."""

from __future__ import annotations

from typing import Any

from estab.diagnose.finding import (
    AbsenceEvidence,
    CounterEvidence,
    Evidence,
    Finding,
    KnobEvidence,
    PacketsEvidence,
    ProcessEvidence,
    Remedy,
    SnapshotEvidence,
    SocketName,
)
from estab.report.model import Analysis
from estab.report.trace_json import capture_to_dict
from estab.text import Translator

SCHEMA = "estab.diagnosis/1"
Document = dict[str, Any]


def diagnosis_to_dict(analysis: Analysis, translator: Translator | None = None) -> Document:
    """The document; texts in the translator's language, English without one."""
    tr = translator or Translator()
    diagnosis = analysis.diagnosis
    return {
        "schema": SCHEMA,
        "source": {"kind": "capture", "files": list(analysis.capture.files), "vantage": analysis.facts.capture_vantage.name.lower()},
        "capture": capture_to_dict(analysis, tr),
        "partial": analysis.partial,
        "findings": [finding_to_dict(finding, tr) for finding in diagnosis.findings],
        "rules_ran": diagnosis.rules_ran,
        "not_run": [{"code": entry.code, "why": tr(entry.why)} for entry in diagnosis.not_run],
    }


def finding_to_dict(finding: Finding, tr: Translator) -> Document:
    """One finding."""
    subject = finding.subject
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "confidence": finding.confidence,
        "title": tr(finding.title),
        "summary": tr(finding.summary),
        "subject": {"kind": subject.kind.value, "address": subject.address, "port": subject.port}
        | ({"name": subject.name} if subject.name is not None else {}),
        "count": finding.count,
        "connections": list(finding.connections),
        "hit": None if finding.hit is None else tr(finding.hit),
        "first_ns": finding.first_ns,
        "last_ns": finding.last_ns,
        "evidence": [evidence_to_dict(evidence, tr) for evidence in finding.evidence],
        "cause": tr(finding.cause),
        "ruled_out": [{"code": other.code, "because": tr(other.because)} for other in finding.ruled_out],
        "remedy": [remedy_to_dict(remedy, tr) for remedy in finding.remedy],
        "do_not": [tr(advice.text) for advice in finding.do_not],
        "filter": finding.filter,
        "references": list(finding.references),
    }


def socket_to_dict(name: SocketName) -> Document:
    """A socket of a host by its ends and its state."""
    return {"local": name.local.to_dict(), "remote": name.remote.to_dict(), "state": name.state.label}


def evidence_to_dict(evidence: Evidence, tr: Translator) -> Document:
    """One piece of evidence; `kind` says which fields follow."""
    text = tr(evidence.text)
    match evidence:
        case PacketsEvidence():
            return {"kind": "packets", "text": text, "connection": evidence.connection, "frames": list(evidence.frames)}
        case AbsenceEvidence():
            return {
                "kind": "absence",
                "text": text,
                "connection": evidence.connection,
                "from_ns": evidence.from_ns,
                "to_ns": evidence.to_ns,
            }
        case CounterEvidence():
            return {"kind": "counter", "text": text, "counter": evidence.counter, "before": evidence.before, "after": evidence.after}
        case SnapshotEvidence():
            return {"kind": "snapshot", "text": text, "socket": socket_to_dict(evidence.socket), "readings": dict(evidence.readings)}
        case ProcessEvidence():
            return {"kind": "process", "text": text, "pid": evidence.pid, "command": evidence.command, "readings": dict(evidence.readings)}
        case KnobEvidence():
            return {"kind": "knob", "text": text, "knob": evidence.knob, "value": evidence.value}


def remedy_to_dict(remedy: Remedy, tr: Translator) -> Document:
    """One remedy; what it does not have is left out."""
    document: Document = {"scope": remedy.scope.value, "text": tr(remedy.text)}
    if remedy.set:
        document["set"] = dict(remedy.set)
    if remedy.undo:
        document["undo"] = dict(remedy.undo)
    if remedy.valid:
        document["valid"] = tr(remedy.valid)
    if remedy.caution is not None:
        document["caution"] = tr(remedy.caution)
    if remedy.expect:
        document["expect"] = remedy.expect
    return document
