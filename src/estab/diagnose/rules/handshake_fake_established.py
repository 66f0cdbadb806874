"""A client believes to be connected, and the server knows nothing of it.

What it sees
    A completed handshake, and then data that is repeated without a single answer, while the server's host is alive for others.

Why it matters
    connect() has succeeded, so a connect time limit does not help: the client waits for its own request's time limit, or for minutes.

Evidence required
    The handshake, the repeated data, silence behind the SYN-ACK, and a later packet of the same server on another connection.

What else looks like this
    Several of them beside connections that nobody serves are a full accept queue behind SYN cookies (`handshake.accept_queue_overflow`).
    A host that has vanished answers nobody (`half_open.peer_vanished`).  Where only large segments vanish it is the path MTU
    (`path.pmtu_black_hole`).

What to do
    Look at what stands in front of the service: a load balancer or SYN proxy that answers for a dead backend, or a filter that lets the
    handshake through and drops data.  Clients need a time limit for the request, not only for connect().

References
    RFC 4987 §3.6; RFC 9293 §3.8.3; net/ipv4/syncookies.c
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import attempts_like, never_taken
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask
from estab.diagnose.finding import AbsenceEvidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS, format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.fake_established",
    title=msg("Clients are connected to nobody"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    knobs=("tcp_syncookies",),
    references=("RFC 4987 §3.6", "RFC 9293 §3.8.3"),
    yields_to=("handshake.accept_queue_overflow", "attack.syn_flood", "path.pmtu_black_hole"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    yield from tell(facts.group_by_server(_to_nobody(facts) & facts.unclaimed(RULE.yields_to)), functools.partial(_describe, facts))


def _to_nobody(facts: Facts) -> Mask:
    """Data met silence for a second at least, and the same address spoke on another connection afterwards."""
    mute = never_taken(facts)
    if not mute.any():
        return mute
    client, server = facts.connections.client, facts.connections.server
    groups = facts.connections.server_address_group
    heard_ns = np.zeros(int(groups.max()) + 1, np.int64)
    others = ~mute & (server.packets > 0)
    np.maximum.at(heard_ns, groups[others], server.last_ns[others])
    insisted = client.retransmit_last_ns - client.first_data_ns >= SECOND_NS
    return np.asarray(mute & insisted & (heard_ns[groups] > client.first_data_ns))


def _describe(facts: Facts, group: Group) -> Finding:
    client = facts.connections.client
    rows = group.rows[np.argsort(-client.retransmit_data[group.rows], kind="stable")]
    row, name = int(rows[0]), str(group.endpoint)
    lasted = format_duration(int(client.retransmit_last_ns[row] - client.first_data_ns[row]))
    values = {"count": format_count(int(client.retransmit_data[row])), "lasted": lasted}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.8,
        title=msg("Connections to {server} are known to the client only", server=name),
        summary=msg(
            "{count} clients completed the handshake with {server} and never got an answer to their data.",
            "{count} client completed the handshake with {server} and never got an answer to its data.",
            count=format_count(len(rows)),
            server=name,
        ),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=msg(
            "The SYN-ACK came from something that does not hold the connection: SYN cookies of a "
            "full listener, a load balancer or SYN proxy "
            "before a dead backend, or a filter that drops data after the handshake."
        ),
        evidence=[
            PacketsEvidence(
                msg("the same data is sent again {count} times within {lasted}", **values),
                row,
                facts.frames(row, (SERVER, "syn_frame"), (CLIENT, "retransmit_frame"), (CLIENT, "last_frame")),
            ),
            AbsenceEvidence(
                msg("not one packet of the server followed its SYN-ACK"), row, int(facts.connections.server.last_ns[row]), facts.last_ns
            ),
        ],
        ruled_out=[
            RuledOut("half_open.peer_vanished", msg("the server's address spoke on other connections afterwards")),
            RuledOut("path.pmtu_black_hole", msg("the data is far smaller than any path's MTU")),
        ],
        remedy=handshake.FAKE_ESTABLISHED.remedy,
        do_not=handshake.FAKE_ESTABLISHED.do_not,
    )
