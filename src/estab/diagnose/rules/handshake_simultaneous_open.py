"""Both ends open the connection at the same time: their SYNs cross.

What it sees
    A SYN of each side before either was answered, and then a SYN-ACK of each (RFC 9293 §3.5, figure 7).

Why it matters
    It is lawful, and rare: both ends connect() from fixed ports to each other, as hole punching through NAT and some clusters do.
    Stateful firewalls and load balancers often do not know it and drop one SYN.

Evidence required
    The two SYNs.

What else looks like this
    A socket that connects to itself (`handshake.self_connect`).  A SYN of the server for a new connection of its own has another port.

What to do
    Nothing, where it is meant.  Else let one side listen and only the other connect.

References
    RFC 9293 §3.5, figure 7, MUST-10; RFC 5382 §4.3 (NAT)
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import Finding, PacketsEvidence, Severity, Subject, SubjectKind
from estab.diagnose.rule import Need, Rule
from estab.text import msg
from estab.track import records

RULE = Rule(
    code="handshake.simultaneous_open",
    title=msg("Both ends opened at the same time"),
    severity=Severity.INFO,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    references=("RFC 9293 §3.5",),
    yields_to=("handshake.self_connect", "attack.blind_syn"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each server endpoint whose SYN crossed a client's."""
    client, server = facts.connections.client, facts.connections.server
    crossing = facts.marked(records.SIMULTANEOUS_OPEN) & (server.syns > 0) & facts.unclaimed(RULE.yields_to)
    for group in facts.group_by_server(crossing):
        row = int(group.rows[0])
        first, second = facts.endpoints(row)
        done = bool(facts.established[row]) or bool(
            (client.packets[row] > client.syns[row] + client.syn_acks[row]) & (server.packets[row] > 1)
        )
        names = {"first": str(first), "second": str(second)}
        yield finding(
            facts,
            RULE,
            subject=Subject(SubjectKind.CONNECTION, second.address, second.port),
            rows=group.rows,
            confidence=0.97 if done else 0.8,
            title=msg("{first} and {second} opened at the same time", **names),
            summary=msg("{first} and {second} each sent a SYN before hearing the other's: a simultaneous open.", **names),
            cause=msg("Both programs call connect() from fixed ports towards each other, as peers of a cluster or hole punching do.")
            if done
            else msg("Both programs call connect() towards each other, but the opening was not completed in the capture."),
            evidence=[PacketsEvidence(msg("the two SYNs"), row, facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame")))],
            remedy=handshake.SIMULTANEOUS_OPEN.remedy,
        )
