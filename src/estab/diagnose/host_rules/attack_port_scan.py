"""A host scans: this one does, or somebody asks it for ports on which nobody listens.

What it sees
    At least 20 sockets in SYN-SENT to as many destinations; or many RSTs of ours that answered segments for no socket.

Why it matters
    A scan from here is a discovery service that went wrong, or a program that should not be here.  One that comes in is harmless as such.

Evidence required
    For a scan from here the different destinations of one owner.  For one that comes in only the counter OutRsts: a note.

What else looks like this
    Many attempts to one destination are `handshake.syn_sent_pile`.  RSTs of ours also answer data for connections that are gone.

What to do
    A person looks at the process.

References
    RFC 9293 §3.10.7.1
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import attack
from estab.diagnose.evidence.host_endings import endings
from estab.diagnose.evidence.host_opening import PILE, distinct_targets, syn_sent
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, hit, process, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="attack.port_scan",
    title=msg("A host scans ports"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    references=("RFC 9293 §3.10.7.1",),
)

MANY_RSTS = 50


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for a scan from here, one for a scan of this host."""
    attempts = syn_sent(facts)
    targets = distinct_targets(facts, attempts) if attempts.any() else 0
    if targets >= PILE:
        yield _from_here(facts, np.flatnonzero(attempts), targets)
    ended = endings(facts)
    aborted = ended.unread + ended.lingered + ended.late_data + ended.pending  # what their peers still had under way was answered too
    if ended.answered >= MANY_RSTS and not aborted and not facts.moved("TcpExt.ListenOverflows", "TcpExt.SyncookiesSent"):
        yield _of_this_host(facts, ended.answered)


def _from_here(facts: HostFacts, rows: np.ndarray[tuple[int], np.dtype[np.int64]], targets: int) -> Finding:
    owners = facts.owners(rows)
    values = {"count": format_count(len(rows)), "targets": format_count(targets)}
    return finding(
        facts,
        RULE,
        subject=process(owners[0]) if owners else THIS_HOST,
        rows=rows,
        confidence=0.75,
        title=msg("This host tries {targets} destinations at once", **values),
        summary=msg(
            "{count} attempts to connect lead to {targets} different addresses and ports, and none has been answered.",
            "{count} attempt to connect leads to {targets} address and port, and it has not been answered.",
            **values,
        ),
        hit=hit(facts, rows),
        owners=owners,
        cause=msg("A program looks for services: a discovery with a wrong range, an inventory, or something that should not be here."),
        evidence=[reading(facts, int(rows[0]), "timer_retries"), *counters(facts, "Tcp.ActiveOpens")],
        ruled_out=[RuledOut("handshake.syn_sent_pile", msg("the destinations differ"))],
        advice=attack.PORT_SCAN,
    )


def _of_this_host(facts: HostFacts, answered: int) -> Finding:
    return finding(
        facts,
        RULE,
        severity=Severity.INFO,
        confidence=0.4,
        title=msg("Somebody asks for ports on which nobody listens"),
        summary=msg("{count} RSTs were sent in answer to segments for which there is no socket.", count=format_count(answered)),
        cause=msg("A scan, or clients of a service that is down, or late data of connections that are gone."),
        count=answered,
        evidence=counters(facts, "Tcp.OutRsts", "Tcp.InErrs"),
        advice=attack.PORT_SCAN,
    )
