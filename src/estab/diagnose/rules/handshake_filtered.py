"""A client's SYNs meet silence: something swallows them, or the answers.

What it sees
    A SYN is repeated (after 1 s, then at growing intervals) and nothing comes back: no SYN-ACK, no RST, no ICMP error.

Why it matters
    connect() hangs until the application's own time limit, or for 131 s (127 s before Linux 6.5), and fails with ETIMEDOUT.

Evidence required
    The SYN, its repetitions, and the silence up to the end of the capture.  Two SYNs alone are a suspicion; more, or several
    connections, are proof.  A host of which no port answers is one finding.

What else looks like this
    Captured at the client, a blocked way back (`handshake.return_path_blocked`) looks the same; a capture at the server tells them
    apart.  A listener that accepted other connections right before has a full accept queue (`handshake.accept_queue_overflow`), or is
    flooded (`attack.syn_flood`).  An answer by ICMP is `handshake.rejected_icmp`.  A capture of one direction shows no answers at all.

What to do
    Give connect() a time limit of a few seconds in the application; find the filter, route or dead host.

References
    RFC 9293 §3.8.3; RFC 6298 §2.1, §5.7; net/ipv4/tcp_timer.c tcp_write_timeout; Documentation/networking/ip-sysctl.rst tcp_syn_retries
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, hit_of, host, listener
from estab.diagnose.evidence.attempts import GIVEN_TIME_NS, unheard, waited_ns
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask, Rows, Vantage
from estab.diagnose.finding import AbsenceEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import Grouping, tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.filtered",
    title=msg("Connection attempts meet silence"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    knobs=("tcp_syn_retries",),
    references=("RFC 9293 §3.8.3", "RFC 6298 §5.7"),
    yields_to=(
        "attack.syn_flood",
        "attack.port_scan",
        "handshake.accept_queue_overflow",
        "handshake.return_path_blocked",
        "handshake.self_connect",
    ),
)

SURE_SYNS = 3
"""A connection with as many unanswered SYNs is no matter of chance; nor are as many SYNs repeated by several connections."""
RARE_SHARE = 0.01
"""Below this share of the attempts, silence is a note: a lost SYN of an impatient client."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that is silent, or for each host of which nothing answers."""
    silent = unheard(facts) & facts.unclaimed(RULE.yields_to)
    if not silent.any():
        return
    groups = facts.connections.server_address_group
    answering = np.zeros(int(groups.max()) + 1, bool)
    answering[groups[facts.connections.server.packets > 0]] = True
    alive = answering[groups]
    listeners, hosts = facts.group_by_server(silent & alive), facts.group_by_server_address(silent & ~alive)
    yield from tell(listeners, functools.partial(_describe, facts, host_alive=True), severe=_severe(facts, listeners))
    hosts_described = functools.partial(_describe, facts, host_alive=False)
    yield from tell(hosts.each(functools.partial(_narrowed, facts)), hosts_described, severe=_severe(facts, hosts))


def _narrowed(facts: Facts, host_group: Group) -> Group:
    """A host, or the listener where only one of its ports was asked."""
    ports = np.unique(facts.connections.b_port[host_group.rows])
    return Group(facts.connections.endpoint(int(host_group.rows[0]), SERVER), host_group.rows) if len(ports) == 1 else host_group


def _describe(facts: Facts, group: Group, *, host_alive: bool) -> Finding:
    client, first = facts.connections.client, int(group.rows[0])
    kin = facts.rows_to_server(first) if host_alive else facts.rows_to_server_address(first)
    rows = group.rows[np.argsort(-waited_ns(facts, group.rows), kind="stable")]
    name = str(group.endpoint) if group.endpoint.port else group.endpoint.address
    attempts = kin[facts.attempted[kin]]
    answered = attempts[facts.connections.server.packets[attempts] > 0]
    severity, confidence = _weight(facts, rows, attempts)
    values = {"server": name, "waited": format_duration(int(waited_ns(facts, rows)[0])), "syns": format_count(int(client.syns[rows].sum()))}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint) if group.endpoint.port else host(group.endpoint),
        rows=rows,
        severity=severity,
        confidence=confidence,
        title=msg("{server} does not answer connection attempts", server=name),
        summary=msg("{syns} SYNs to {server} were never answered; a client repeated its SYN for {waited}.", **values),
        hit=hit_of(facts, rows, attempts),
        cause=_cause(facts, rows, answered, host_alive=host_alive),
        evidence=_evidence(facts, rows),
        ruled_out=_ruled_out(facts, rows, answered),
        remedy=handshake.FILTERED.remedy,
        do_not=handshake.FILTERED.do_not,
    )


def _severe(facts: Facts, places: Grouping[Group]) -> Mask:
    """Places of which `_weight` says more than that it is a note."""
    client = facts.connections.client
    gave_time = facts.last_ns - client.last_syn_ns >= GIVEN_TIME_NS
    sure = places.largest((client.syns >= SURE_SYNS) | gave_time) | (places.total(client.syns) - places.sizes >= SURE_SYNS)
    return np.asarray(sure & (places.sizes >= RARE_SHARE * places.kin(facts.attempted)))


def _weight(facts: Facts, rows: Rows, attempts: Rows) -> tuple[Severity, float]:
    syns = facts.connections.client.syns[rows]
    gave_time = facts.last_ns - facts.connections.client.last_syn_ns[rows] >= GIVEN_TIME_NS
    sure = bool((syns >= SURE_SYNS).any()) or int((syns - 1).sum()) >= SURE_SYNS or bool(gave_time.any())
    if len(rows) < RARE_SHARE * len(attempts):
        return Severity.INFO, 0.6
    return (RULE.severity, 0.9) if sure else (Severity.INFO, 0.6)


def _cause(facts: Facts, rows: Rows, answered: Rows, *, host_alive: bool) -> Text:
    if len(answered):
        served = np.unique(facts.connections.client_address_group[answered])
        if not np.isin(facts.connections.client_address_group[rows], served).any():
            return msg(
                "The listener answers other clients: the packets of these clients, or the answers to "
                "them, are dropped by a filter or a wrong route."
            )
        first_ns, last_ns = int(facts.connections.first_ns[rows].min()), int(facts.connections.first_ns[answered].max())
        if last_ns < first_ns:
            return msg("The listener answered before and fell silent: its host or the path failed, or a packet filter was changed.")
        return msg("The listener answers other attempts: these SYNs or their answers were lost or dropped on the way.")
    if facts.capture_vantage is Vantage.SERVER:
        return msg("The SYNs arrive here and the host does not answer: a packet filter of its own, or rp_filter, drops them.")
    if host_alive:
        return msg("The host answers on other ports: a packet filter drops the SYNs to this one, or the answers.")
    return msg("A packet filter drops the SYNs or the answers, or the host is down or not reachable there.")


def _evidence(facts: Facts, rows: Rows) -> list[Evidence]:
    row = int(rows[0])
    client = facts.connections.client
    values = {"count": format_count(int(client.syns[row])), "waited": format_duration(int(waited_ns(facts, rows)[0]))}
    silent_ns = max(facts.last_ns - int(client.last_syn_ns[row]), 0)
    return [
        PacketsEvidence(
            msg("the same SYN is sent {count} times within {waited}", **values),
            row,
            facts.frames(row, (CLIENT, "syn_frame"), (CLIENT, "retransmit_frame"), (CLIENT, "last_frame")),
        ),
        AbsenceEvidence(
            msg(
                "no SYN-ACK, RST or ICMP error came up to {rest} after the last SYN, when the capture ended",
                rest=format_duration(silent_ns),
            ),
            row,
            int(client.first_syn_ns[row]),
            facts.last_ns,
        ),
    ]


def _ruled_out(facts: Facts, rows: Rows, answered: Rows) -> list[RuledOut]:
    found = [
        RuledOut("handshake.refused", msg("no RST came")),
        RuledOut("handshake.rejected_icmp", msg("no ICMP error came")),
    ]
    if not len(answered):
        found.append(
            RuledOut("handshake.accept_queue_overflow", msg("this listener accepted no connection in the capture, so no queue filled up"))
        )
    if facts.distinct_clients(rows) == 1:
        found.append(RuledOut("attack.syn_flood", msg("one client repeats its SYNs; flooding sources do not")))
    return found
