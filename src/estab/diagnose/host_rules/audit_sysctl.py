"""Settings of this host follow advice that is often given and does harm.

What it sees
    Settings whose value is known to hurt or to do nothing: the list is that of `estab tune` (`knobs/advice.py`).

Why it matters
    Such settings turn small trouble into large, or make somebody believe that something was done.

Evidence required
    The value, read from this host.

What else looks like this
    A value that somebody chose for a measured reason: the finding is a note, and the undo is in it.

What to do
    Go back to the usual value, one setting at a time.

References
    Documentation/networking/ip-sysctl.rst
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice.declare import Advice, sysctl
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import finding, knob, setting
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.knobs.audit import Reason, Recommendation, audit
from estab.text import msg

RULE = Rule(
    code="audit.sysctl",
    title=msg("A kernel setting follows bad advice"),
    severity=Severity.INFO,
    seen_from=Source.LIVE,
    needs=frozenset({Need.KNOBS}),
    knobs=("tcp_syncookies", "tcp_timestamps", "tcp_sack", "tcp_retries2", "tcp_abort_on_overflow", "tcp_max_tw_buckets"),
    references=("ip-sysctl",),
)


WORDS = (Reason.DANGEROUS, Reason.DOUBTFUL)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each such setting."""
    for one in audit(facts.after.knobs):
        if one.reason in WORDS:
            yield _describe(facts, one)


def _describe(facts: HostFacts, one: Recommendation) -> Finding:
    values = {"knob": one.knob.kernel_path, "value": one.old}
    better = (
        [] if one.new is None else [sysctl(one.knob.name, one.new, msg("Go back to the usual value, and note the old one for undoing."))]
    )
    return finding(
        facts,
        RULE,
        subject=setting(one.knob.name),
        confidence=0.95 if one.reason is Reason.DANGEROUS else 0.7,
        title=msg("{knob} = {value} does more harm than good", **values),
        summary=one.why,
        cause=msg("The value differs from the kernel's default in a way that measurement does not support."),
        evidence=knob(facts, one.knob.name),
        advice=Advice(remedy=tuple(better)),
    )
