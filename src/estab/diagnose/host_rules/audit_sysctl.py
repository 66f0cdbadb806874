"""Settings of this host follow advice that is often given and does harm.

What it sees
    Settings whose value is known to hurt or to do nothing: the list stands in `JUDGED`.

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

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from estab.diagnose.advice.declare import Advice, sysctl
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import finding, knob, setting
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.knobs.catalog import KNOBS
from estab.text import Text, msg

RULE = Rule(
    code="audit.sysctl",
    title=msg("A kernel setting follows bad advice"),
    severity=Severity.INFO,
    seen_from=Source.LIVE,
    needs=frozenset({Need.KNOBS}),
    knobs=("tcp_syncookies", "tcp_timestamps", "tcp_sack", "tcp_retries2", "tcp_abort_on_overflow", "tcp_max_tw_buckets"),
    references=("ip-sysctl",),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A setting, when its value is bad, why, and what it should be."""

    knob: str
    is_bad: Callable[[int], bool]
    why: Text
    better: int


LEAST_BUCKETS = 4096
JUDGED = (
    Judged("tcp_abort_on_overflow", lambda value: value == 1, msg("A full accept queue then resets clients that would have waited."), 0),
    Judged("tcp_syncookies", lambda value: value == 0, msg("A SYN flood, or a burst of clients, then locks real clients out."), 1),
    Judged(
        "tcp_timestamps", lambda value: value == 0, msg("PAWS, exact round trips, tcp_tw_reuse and options with SYN cookies are lost."), 1
    ),
    Judged("tcp_sack", lambda value: value == 0, msg("Each lost segment then costs a round trip of its own."), 1),
    Judged("tcp_window_scaling", lambda value: value == 0, msg("Windows end at 64 KiB: long paths become slow."), 1),
    Judged(
        "tcp_retries2",
        lambda value: value < 8,
        msg("Connections end after outages of seconds; RFC 1122 asks for at least 100 s. TCP_USER_TIMEOUT does it for one socket."),
        8,
    ),
    Judged(
        "tcp_max_tw_buckets",
        lambda value: value < LEAST_BUCKETS,
        msg("Where the entries do not suffice, peers get RST instead of a quiet end."),
        262144,
    ),
    Judged("tcp_moderate_rcvbuf", lambda value: value == 0, msg("The receive window does not grow with the path any more."), 1),
    Judged("tcp_tw_recycle", lambda value: value != 0, msg("It breaks clients behind NAT; the setting is gone since Linux 4.12."), 0),
    Judged("ip_no_pmtu_disc", lambda value: value == 1, msg("Path MTU discovery is off: packets are fragmented or sent short."), 0),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each such setting."""
    for judged in JUDGED:
        read = facts.numbers(judged.knob)
        if judged.knob in KNOBS and read and judged.is_bad(read[0]):
            yield _describe(facts, judged)


def _describe(facts: HostFacts, judged: Judged) -> Finding:
    path = KNOBS[judged.knob].kernel_path
    values = {"knob": path, "value": facts.knob(judged.knob)}
    return finding(
        facts,
        RULE,
        subject=setting(judged.knob),
        confidence=0.9,
        title=msg("{knob} = {value} does more harm than good", **values),
        summary=judged.why,
        cause=msg("The value differs from the kernel's default in a way that measurement does not support."),
        evidence=knob(facts, judged.knob),
        advice=Advice(remedy=(sysctl(judged.knob, judged.better, msg("Go back to the usual value, and note the old one for undoing.")),)),
    )
