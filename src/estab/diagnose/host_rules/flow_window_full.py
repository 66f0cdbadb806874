"""Senders of this host fill the receiver's window now and then.

What it sees
    Connections that waited for the window for a tenth to a half of the interval.

Why it matters
    A sign of where the limit of a transfer is; no fault.

Evidence required
    The share of the interval (rwnd_limited_us).

What else looks like this
    More than half is `flow.receiver_limited` or `flow.bdp_limited`.

What to do
    Nothing.

References
    RFC 9293 §3.8.6.2.1
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.evidence.host_limits import HALF, TENTH
from estab.diagnose.evidence.host_stalls import share_of_interval
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="flow.window_full",
    title=msg("A sender fills the receiver's window"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    references=("RFC 9293 §3.8.6.2.1",),
    yields_to=("flow.zero_window", "flow.receiver_limited", "flow.bdp_limited", "middlebox.options_stripped"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place."""
    share = share_of_interval(facts, "rwnd_limited_us")
    some = (share >= TENTH) & (share < HALF) & facts.t.whole & facts.unclaimed(RULE.yields_to)
    for group in facts.by_place(some, share):
        values = {"count": format_count(len(group.rows)), "percent": f"{100 * float(share[group.rows[0]]):.0f}"}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.9,
            summary=msg("{count} connections spent up to {percent} % of the time waiting for the receiver's window.", **values),
            hit=hit(facts, group.rows),
            cause=msg("The sender is faster than the receiver for moments."),
            evidence=[reading(facts, int(group.rows[0]), "rwnd_limited_us", "snd_wnd_bytes", "rtt_us")],
        )
