"""Routers or firewalls answer SYNs of this host with ICMP errors.

What it sees
    Attempts fail while ICMP destination unreachable comes in that this host did not make itself.

Why it matters
    The answer is final: host down behind the last router, or a filter that rejects (EHOSTUNREACH, ENETUNREACH, ECONNREFUSED).

Evidence required
    Both counters within the interval.  Sockets in SYN-SENT that met the error while they were locked learn of it about 1 s later.

What else looks like this
    A refused connection (`handshake.refused`) draws RST, not ICMP.  A next hop without link address makes this host write the error
    itself (`path.neighbour_failure`).  An error about an open connection is `path.icmp_soft_error`.

What to do
    Repair the filter or the route; the router is the source of the ICMP message.

References
    RFC 792; RFC 5927; RFC 1122 §4.2.3.9
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.evidence.host_opening import syn_sent
from estab.diagnose.evidence.host_stalls import repeating
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.rejected_icmp",
    title=msg("Connections are rejected by ICMP"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 792", "RFC 1122 §4.2.3.9"),
    yields_to=("path.neighbour_failure",),
)

SEVERAL = 2


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host; where an attempt is still open, for its destination."""
    came = facts.moved("Icmp.InDestUnreachs", "Icmp6.InDestUnreachs") - facts.moved("Icmp.OutDestUnreachs", "Icmp6.OutDestUnreachs")
    attempts = facts.t.state() if not facts.count else syn_sent(facts)
    opened = facts.moved("Tcp.ActiveOpens")
    # An error that meets a locked socket is kept for later; where the program gives up before, AttemptFails does not move.  An open
    # connection that repeats its data meets such errors too (`path.icmp_soft_error`).
    locked = 0 if repeating(facts, 1).any() else facts.moved("TcpExt.LockDroppedIcmps")
    failed = min(max(facts.left("Tcp.AttemptFails"), locked), opened)
    if came <= 0 or facts.found(*RULE.yields_to) or not (failed or attempts.any()):
        return
    rejected = max(min(came, failed), 1)
    groups = facts.by_place(attempts & (facts.t["timer_retries"] >= 1))
    rows = groups[0].rows if groups else np.zeros(0, np.int64)
    values = {"count": format_count(rejected), "errors": format_count(came)}
    yield finding(
        facts,
        RULE,
        subject=place(groups[0]) if groups else THIS_HOST,
        rows=rows,
        severity=Severity.WARNING if came >= SEVERAL else Severity.INFO,
        confidence=0.8,
        summary=msg("{count} connections that this host opened met ICMP errors; {errors} errors came.", **values),
        cause=msg("A router has no way to the host or the host is down, or a firewall rejects the connections and says so."),
        count=rejected,
        evidence=counters(facts, "Icmp.InDestUnreachs", "Icmp6.InDestUnreachs", "Tcp.AttemptFails", "TcpExt.LockDroppedIcmps"),
        ruled_out=[RuledOut("handshake.refused", msg("ICMP errors came, and a refusal is a RST"))],
        advice=handshake.REJECTED_LIVE,
    )
