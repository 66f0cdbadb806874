"""A scenario's hosts, diagnosed as live hosts are: each two readings in a row go through the rules, what they find is told once."""

from __future__ import annotations

from estab.diagnose.finding import Finding, Severity, Subject
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_run import diagnose_host
from estab.lab.clock import EPOCH_NS
from estab.lab.readings import HostReadings
from estab.report.rehearsal import SeenAtHost

UNKNOWN_HERE = frozenset({"listen.unexpected"})
"""What a simulated host cannot show: it has no file system that programs were started from."""


def seen_at_hosts(readings: HostReadings) -> list[SeenAtHost]:
    """The findings of every host; of one that comes again, how it was at its worst, and from when to when it was seen."""
    seen: dict[tuple[str, str, Subject], SeenAtHost] = {}
    for host, before, after in readings.pairs():
        for finding in diagnose_host(HostFacts(before, after)).findings:
            if finding.code in UNKNOWN_HERE:
                continue
            key = host, finding.code, finding.subject
            known = seen.get(key)
            first_ns = before.taken_ns - EPOCH_NS if known is None else known.first_ns
            worst = finding if known is None or _weight(finding) >= _weight(known.finding) else known.finding  # the latest of equal ones
            seen[key] = SeenAtHost(host, worst, first_ns, after.taken_ns - EPOCH_NS)
    return sorted(seen.values(), key=_order)


def _weight(finding: Finding) -> tuple[int, int]:
    return finding.severity.rank, finding.count


def _order(one: SeenAtHost) -> tuple[str, int, int, str]:
    return one.host, Severity.CRITICAL.rank - one.finding.severity.rank, one.first_ns, one.finding.code
