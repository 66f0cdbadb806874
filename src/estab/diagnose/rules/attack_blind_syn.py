"""Somebody else sends a SYN into a connection that is open.

What it sees
    A SYN with the four-tuple of an open connection, answered by a bare ACK (RFC 5961 §4) and not by RST of the real client, while the
    connection goes on with its old sequence numbers.

Why it matters
    Before RFC 5961 such a SYN inside the window reset the connection; some middleboxes still forget the connection over it.

Evidence required
    The SYN, and packets of both ends behind it that belong to the connection before, without a handshake.

What else looks like this
    A client that lost its connection in a crash and opens it again answers the challenge ACK with RST (`timewait.stale_tuple`).

What to do
    The connection has survived.  Drop forged sources at the border; protect long-lived sessions with TCP-AO or IPsec.

References
    RFC 5961 §4.2; RFC 9293 §3.10.7.4, MUST-13
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import attack
from estab.diagnose.compose import finding
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask, Rows
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity, Subject, SubjectKind
from estab.diagnose.rule import Need, Rule, Source
from estab.text import msg
from estab.track import records

RULE = Rule(
    code="attack.blind_syn",
    title=msg("Forged SYNs hit an open connection"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    references=("RFC 5961 §4.2", "RFC 9293 §3.10.7.4"),
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each endpoint that forged SYNs were sent to."""
    for group in facts.group_by_server(_into_open(facts)):
        yield _describe(facts, int(group.rows[0]), group.rows)


def _into_open(facts: Facts) -> Mask:
    """A SYN on a four-tuple that is still open, no SYN-ACK, and both ends go on all the same."""
    client, server = facts.connections.client, facts.connections.server
    into = facts.marked(records.REUSED_WHILE_OPEN) & facts.marked(records.OPENED_BY_SYN) & (server.syn_acks == 0) & (server.syns == 0)
    going_on = (client.pure_acks + client.data_packets > 0) & (server.pure_acks + server.data_packets > 0)
    return np.asarray(into & going_on & (client.rsts == 0) & (server.rsts == 0))


def _describe(facts: Facts, row: int, rows: Rows) -> Finding:
    client = facts.connections.client
    source, target = facts.endpoints(row)
    values = {"source": str(source), "target": str(target)}
    odd = (client.ttl[row] < client.ttl_max[row]) or (client.ttl[row] > client.ttl_min[row])
    ttl = {"odd": int(client.ttl[row])}
    text = (
        msg("the SYN has time to live {odd}, the packets behind it have another; none of them is a SYN-ACK", **ttl)
        if odd
        else msg("the SYN was not answered by SYN-ACK, and the packets behind it belong to the connection before")
    )
    return finding(
        facts,
        RULE,
        subject=Subject(SubjectKind.CONNECTION, target.address, target.port),
        rows=rows,
        confidence=0.95 if odd else 0.75,
        title=msg("A forged SYN hit the connection of {source} with {target}", **values),
        summary=msg(
            "A SYN in the name of {source} came to {target} in the middle of their connection, which went on regardless.", **values
        ),
        cause=msg("Somebody who is not {source} sent it: its own stack does not open a four-tuple that it is using.", source=str(source)),
        evidence=[PacketsEvidence(text, row, facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "first_frame"), (CLIENT, "last_frame")))],
        ruled_out=[
            RuledOut("timewait.stale_tuple", msg("the client did not answer with RST, so it still knows the connection")),
            RuledOut("half_open.peer_restarted", msg("both ends went on with their old sequence numbers")),
        ],
        remedy=attack.BLIND_SYN.remedy,
        do_not=attack.BLIND_SYN.do_not,
    )
