"""This host runs out of source ports towards one destination.

What it sees
    How many different local ports of ip_local_port_range are taken, in whatever state, towards one address and port from one address.

Why it matters
    connect() fails with EADDRNOTAVAIL when the last one is taken, towards this destination only.  No counter of the kernel moves.

Evidence required
    Used ports against the range of this host without the reserved ones.  The time left follows from how many were opened and freed
    between the snapshots.

What else looks like this
    With tcp_tw_reuse the kernel takes ports in TIME-WAIT again after a second: they are not counted as used.  TIME-WAIT of accepted
    connections takes no ports (`timewait.pileup`).  Too many SYN-SENT to a dead host is `handshake.syn_sent_pile`.

What to do
    Keep connections open.  Then more addresses, IP_BIND_ADDRESS_NO_PORT, tcp_tw_reuse, and a wider range.

References
    RFC 6056 §2.1; Documentation/networking/ip-sysctl.rst ip_local_port_range, tcp_tw_reuse
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import ports as advice
from estab.diagnose.evidence.host_ports import Destination, destinations
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, RuledOut, Severity, Subject, SubjectKind
from estab.diagnose.host_compose import finding, hit, knob, spell_owner
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS, format_duration
from estab.machine.states import State
from estab.text import Text, format_count, msg

RULE = Rule(
    code="ports.exhausted",
    title=msg("A client runs out of source ports"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.KNOBS}),
    knobs=("ip_local_port_range", "tcp_tw_reuse"),
    references=("RFC 6056 §2.1",),
)

NEARLY, ALMOST_ALL = 0.7, 0.95
SOON_S, SOME = 60, 0.3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each destination whose ports are nearly used up, or will be within a minute."""
    for one in destinations(facts):
        soon = one.left_s is not None and one.left_s <= SOON_S and one.share >= SOME
        if one.share >= NEARLY or soon:
            yield _describe(facts, one)


def _describe(facts: HostFacts, one: Destination) -> Finding:
    owners = facts.owners(one.rows[facts.t["inode"][one.rows] > 0])
    who = spell_owner(owners[0]) if owners else one.source
    values = {
        "client": who,
        "server": str(one.endpoint),
        "used": format_count(one.used),
        "size": format_count(one.size),
        "free": format_count(one.free),
        "percent": f"{100 * one.share:.0f}",
    }
    return finding(
        facts,
        RULE,
        subject=Subject(SubjectKind.PATH, one.endpoint.address, one.endpoint.port),
        rows=one.rows,
        severity=Severity.CRITICAL if one.share >= ALMOST_ALL else Severity.WARNING,
        confidence=0.95,
        title=msg("{client} runs out of source ports towards {server}", **values),
        summary=msg(
            "{used} of {size} source ports towards {server} are taken ({percent} %); {free} are left.",
            "{used} of {size} source ports towards {server} is taken ({percent} %); {free} are left.",
            **values,
        ),
        hit=hit(facts, one.rows),
        owners=owners,
        cause=_cause(facts, one),
        evidence=_evidence(facts, one),
        ruled_out=[RuledOut("timewait.pileup", msg("these connections were opened here: each holds a port towards its destination"))],
        advice=advice.EXHAUSTED if facts.t.state(State.TIME_WAIT)[one.rows].any() else advice.EXHAUSTED_BY_OPEN_ONES,
    )


def _cause(facts: HostFacts, one: Destination) -> Text:
    waiting = int(np.count_nonzero(facts.t.state(State.TIME_WAIT)[one.rows]))
    if 2 * waiting >= len(one.rows):
        return msg("The client opens a connection for each request and closes it first; each closing blocks its source port for 60 s.")
    return msg("Most of these connections are open: nothing returns their ports before they are closed.")


def _evidence(facts: HostFacts, one: Destination) -> list[Evidence]:
    waiting = format_count(int(np.count_nonzero(facts.t.state(State.TIME_WAIT)[one.rows])))
    text = msg("ports taken towards it: {used}, of them in TIME-WAIT {waiting}", used=format_count(one.used), waiting=waiting)
    found: list[Evidence] = [CounterEvidence(text, "source_ports", one.used_before, one.used)]
    if one.left_s is not None:
        left = format_duration(round(one.left_s * SECOND_NS))
        values = {"opened": f"{one.opened_per_s:.3g}", "freed": f"{one.freed_per_s:.3g}", "left": left}
        text = msg("{opened} are taken and {freed} freed each second: none is left in {left}", **values)
        found.append(CounterEvidence(text, "source_ports_free", one.size - one.used_before, one.free))
    return [*found, *knob(facts, "ip_local_port_range"), *knob(facts, "tcp_tw_reuse")]
