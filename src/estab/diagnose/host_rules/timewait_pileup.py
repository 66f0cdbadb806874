"""Many connections wait in TIME-WAIT.

What it sees
    At least 100 sockets in TIME-WAIT at one listener, or towards one destination.

Why it matters
    Hardly at all: TIME-WAIT is the normal end of the side that closes first.  It lasts 60 s, costs a few hundred bytes, no descriptor
    and hardly any CPU.  It matters where ports run out (`ports.exhausted`) or tcp_max_tw_buckets overflows.

Evidence required
    State 6 in the table of sockets; `tw` of /proc/net/sockstat counts closed FIN-WAIT-2, too.

What else looks like this
    FIN-WAIT-2 of a peer that never closes (`close.fin_wait2_stuck`); CLOSE-WAIT is a leak (`close.close_wait_leak`), TIME-WAIT is none.

What to do
    Usually nothing.  Fewer and longer connections, or the other end closing first, move or remove it.

References
    RFC 9293 §3.6.1, §3.4.2; include/net/tcp.h TCP_TIMEWAIT_LEN
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from estab.diagnose.advice import timewait
from estab.diagnose.evidence.host_ports import port_range
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, knob, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import Text, format_count, msg

RULE = Rule(
    code="timewait.pileup",
    title=msg("Many connections are in TIME-WAIT"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_tw_reuse", "tcp_max_tw_buckets", "ip_local_port_range"),
    references=("RFC 9293 §3.6.1",),
    yields_to=("ports.exhausted",),
)

PILE = 100


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener or destination with many."""
    for group in facts.by_place(facts.t.state(State.TIME_WAIT) & facts.unclaimed(RULE.yields_to)):
        if len(group.rows) >= PILE:
            yield _describe(facts, group)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    total = int(np.count_nonzero(facts.t.state(State.TIME_WAIT)))
    values = {"place": str(group.endpoint), "count": format_count(len(group.rows)), "total": format_count(total)}
    do_not = (timewait.NOT_FOR_SERVERS if group.inbound else timewait.NO_LINGER, *timewait.NO_MEDICINE)
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=group.rows,
        confidence=0.97,
        title=msg("{place}: {count} connections are in TIME-WAIT", **values),
        summary=_summary(group, values),
        hit=hit(facts, group.rows, total),
        cause=_cause(group),
        evidence=_evidence(facts, group),
        ruled_out=[
            RuledOut("close.fin_wait2_stuck", msg("both ends sent FIN, and it was acknowledged")),
            RuledOut("ports.exhausted", _ports(facts, group)),
        ],
        advice=replace(timewait.PILEUP, do_not=do_not),
    )


def _summary(group: HostGroup, values: dict[str, str]) -> Text:
    if group.inbound:
        return msg("{count} of the host's {total} TIME-WAITs are of connections that {place} accepted and closed first.", **values)
    return msg("{count} of the host's {total} TIME-WAITs are of connections that this host opened to {place} and closed first.", **values)


def _cause(group: HostGroup) -> Text:
    if group.inbound:
        return msg(
            "The server closes each connection first, so it keeps TIME-WAIT for 60 s. At a listener "
            "this costs memory only: no ports, no descriptors."
        )
    return msg(
        "The client closes each connection first, so it keeps TIME-WAIT for 60 s. Each holds one source port towards its destination."
    )


def _ports(facts: HostFacts, group: HostGroup) -> Text:
    if group.inbound:
        return msg("accepted connections take no source ports")
    taken = len(np.unique(facts.t["local_port"][group.rows]))
    return msg(
        "{count} of {size} source ports are in use towards it",
        "{count} of {size} source ports is in use towards it",
        count=format_count(taken),
        size=format_count(port_range(facts).size),
    )


def _evidence(facts: HostFacts, group: HostGroup) -> list[Evidence]:
    now = len(group.rows)
    new = int(np.count_nonzero(facts.t.is_new[group.rows]))
    text = msg("TIME-WAIT entries: {count}, of them made between the snapshots {new}", count=format_count(now), new=format_count(new))
    return [CounterEvidence(text, "time_wait", max(now - new, 0), now), *knob(facts, "tcp_max_tw_buckets"), *knob(facts, "tcp_tw_reuse")]
