"""Keeps a report readable where one pathology shows at very many places: the worst in full, the others as one finding.

A large capture may hold a few refused connections at each of three hundred listeners.  Each is its own finding by its own evidence, but
three hundred paragraphs hide what matters; the connections of all of them stay reachable through the gathered finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from estab.diagnose.finding import Finding, Severity, Subject, SubjectKind
from estab.text import format_count, msg

PLACES_IN_FULL = 5
"""Findings of one code and severity that are told in full."""
PLACES_NAMED = 3
EVIDENCE_KEPT = 3


def gather(findings: Iterable[Finding]) -> list[Finding]:
    """The findings (worst first) with the long tails of equal ones gathered."""
    groups: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.severity), []).append(finding)
    result: list[Finding] = []
    for group in groups.values():
        group.sort(key=lambda finding: finding.places > 1)  # those that stand for several places already belong to the tail
        if len(group) <= PLACES_IN_FULL + 1:
            result += group
        else:
            result += [*group[:PLACES_IN_FULL], _together(group[PLACES_IN_FULL:])]
    return result


def _together(rest: Sequence[Finding]) -> Finding:
    """One finding for several of the same code and severity."""
    worst, count = rest[0], sum(finding.count for finding in rest)
    named = ", ".join(str(finding.subject) for finding in rest[:PLACES_NAMED] if finding.subject.address is not None)
    places = sum(finding.places for finding in rest)
    values = {"places": format_count(places), "count": format_count(count), "named": named or "-"}
    return Finding(
        code=worst.code,
        severity=worst.severity,
        confidence=min(finding.confidence for finding in rest),
        title=msg("The same at {places} more places", **values),
        summary=msg("The same shows at {places} more places, {count} cases in all; the worst of them: {named}.", **values),
        subject=Subject(SubjectKind.CAPTURE),
        count=count,
        evidence=tuple(finding.evidence[0] for finding in rest[:EVIDENCE_KEPT]),
        cause=worst.cause,
        members=np.concatenate([finding.members for finding in rest]),
        ruled_out=worst.ruled_out,
        remedy=worst.remedy,
        do_not=worst.do_not,
        references=worst.references,
        filter=worst.filter,
        first_ns=min(finding.first_ns for finding in rest),
        last_ns=max(finding.last_ns for finding in rest),
        places=places,
    )
