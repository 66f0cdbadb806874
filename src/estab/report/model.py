"""What reports are made from: one pass over captures, tracked and diagnosed; or a host, read twice and diagnosed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from estab.capture.summary import CaptureSummary
    from estab.diagnose.facts import Facts
    from estab.diagnose.host_facts import HostFacts
    from estab.diagnose.run import Diagnosis
    from estab.snapshot import HostSnapshot
    from estab.track import Connections


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """Captures as they were read, tracked and diagnosed; `partial` is true where reading was interrupted."""

    capture: CaptureSummary
    connections: Connections
    facts: Facts
    diagnosis: Diagnosis
    partial: bool = False


class Codes(Mapping[int, list[str]]):
    """The codes of the findings about each connection that has any, worst first.

    Many connections have the same codes: each carries the number of a combination, and a combination is held once.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._number = np.zeros(analysis.connections.count, np.int32)
        self._combinations: list[list[str]] = [[]]
        for finding in analysis.diagnosis.findings:
            self._add(finding.code, finding.members)

    def _add(self, code: str, rows: np.ndarray[Any, Any]) -> None:
        before = self._number[rows]
        for number in np.unique(before).tolist():
            known = self._combinations[number]
            if code not in known:
                self._number[rows[before == number]] = len(self._combinations)
                self._combinations.append([*known, code])

    def __getitem__(self, row: int) -> list[str]:
        number = int(self._number[row])
        if not number:
            raise KeyError(row)
        return list(self._combinations[number])

    def __iter__(self) -> Iterator[int]:
        return iter(np.flatnonzero(self._number).tolist())

    def __len__(self) -> int:
        return int(np.count_nonzero(self._number))


def codes_of_connections(analysis: Analysis) -> Codes:
    """For each connection that has any, the codes of the findings about it, worst first."""
    return Codes(analysis)


def rows_with_finding(analysis: Analysis, code: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of the connections that findings of this code are about, in ascending order."""
    members = [finding.members for finding in analysis.diagnosis.findings if finding.code == code]
    return np.unique(np.concatenate(members)) if members else np.zeros(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class CapturedPackets:
    """The packets of an interface between two readings of its host, and what is not among them; `file` is where they are kept."""

    interface: str
    analysis: Analysis
    lost: int = 0
    """For which the capturing socket had no room."""
    left_out: int = 0
    """Beyond what is kept of one interval."""
    went_down: bool = False
    file: str | None = None


@dataclass(frozen=True, kw_only=True)
class HostAnalysis:
    """A host (or one of its network namespaces) read twice and diagnosed; `partial` is true where the wait between was cut short.

    Where `packets` were captured meanwhile, findings name their connections and have both kinds of evidence.
    """

    facts: HostFacts
    diagnosis: Diagnosis
    packets: CapturedPackets | None = None
    netns: str = ""
    pid: int | None = None
    """The namespace's name, or a process in it, as it was asked for; without both it is the program's own."""
    partial: bool = False

    @property
    def host(self) -> HostSnapshot:
        """The later snapshot."""
        return self.facts.after
