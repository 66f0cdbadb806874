"""What reports know of a rehearsal: plain values, so that nothing here needs to know how the simulated network is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from estab.diagnose.finding import Finding, Severity
from estab.report.model import Analysis
from estab.report.packets import PacketKeeper
from estab.text import Text


class Happened(Protocol):
    """One record of a timeline."""

    @property
    def where(self) -> str:
        """The host, link or router."""

    @property
    def seconds(self) -> str:
        """When, in seconds since the run began."""

    @property
    def told(self) -> Text | str:
        """What, in words."""

    def to_dict(self) -> dict[str, Any]:
        """The record as it stands in JSON."""


@dataclass(frozen=True, slots=True)
class SeenAtHost:
    """What the rules for a live host found at a simulated one, and from when to when it was seen, in nanoseconds since the run began."""

    host: str
    finding: Finding
    first_ns: int
    last_ns: int


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A scenario that has run, with its capture diagnosed.

    `expected` are the codes of warnings and criticals that the scenario declares, None where settings of the user's own make another
    case of it.  `disagreements` are places where the tracker's sets did not hold the state that an end was really in.
    """

    name: str
    title: Text | str
    paragraph: Text | str
    look: Sequence[Text | str]
    behaviours: Sequence[str]
    seed: int
    as_twin: bool
    parameters: Mapping[str, Any]
    virtual_ns: int
    events: int
    packets: int
    results: Mapping[str, Any]
    counters: Mapping[str, Mapping[str, int]]
    timeline: Sequence[Happened]
    analysis: Analysis
    keeper: PacketKeeper
    expected: frozenset[str] | None
    compared: int
    disagreements: Sequence[str]
    hosts: Sequence[SeenAtHost] | None = None
    """What its hosts themselves show, where that was asked for."""
    problem: str
    """What the scenario's own check found to be wrong; empty: nothing."""

    @property
    def codes(self) -> frozenset[str]:
        """Codes of the warnings and criticals found."""
        return frozenset(finding.code for finding in self.analysis.diagnosis.findings if finding.severity > Severity.INFO)

    @property
    def as_expected(self) -> bool:
        """Whether everything is as the scenario declares it."""
        return (self.expected is None or self.codes == self.expected) and not self.disagreements and not self.problem
