"""What reports are made from: one pass over captures, tracked and diagnosed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from estab.capture.summary import CaptureSummary
    from estab.diagnose.facts import Facts
    from estab.diagnose.run import Diagnosis
    from estab.track import Connections


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """Captures as they were read, tracked and diagnosed; `partial` is true where reading was interrupted."""

    capture: CaptureSummary
    connections: Connections
    facts: Facts
    diagnosis: Diagnosis
    partial: bool = False


def codes_of_connections(analysis: Analysis) -> dict[int, list[str]]:
    """For each connection that has any, the codes of the findings about it, worst first."""
    codes: dict[int, list[str]] = {}
    for finding in analysis.diagnosis.findings:
        for row in finding.members.tolist():
            known = codes.setdefault(row, [])
            if finding.code not in known:
                known.append(finding.code)
    return codes


def rows_with_finding(analysis: Analysis, code: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of the connections that findings of this code are about, in ascending order."""
    members = [finding.members for finding in analysis.diagnosis.findings if finding.code == code]
    return np.unique(np.concatenate(members)) if members else np.zeros(0, np.int64)
