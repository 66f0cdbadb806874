"""The server's SYN-ACKs do not reach the client.

What it sees
    The server answers a SYN with SYN-ACK, again and again, and the client, too, repeats its SYN: it has not heard the answer.

Why it matters
    connect() hangs and fails with ETIMEDOUT, and each attempt holds a request in the server's SYN queue for 63 s.  Seen from the
    client alone it cannot be told from a filter that drops the SYN.

Evidence required
    SYN-ACKs repeated without an ACK, and SYNs of the same connection after the first SYN-ACK.  A client that stays silent behind its one
    SYN is no proof: it may be gone, or its address be forged.

What else looks like this
    Many sources that never answer are a flood (`attack.syn_flood`).  SYN-ACKs repeated although the client's ACK went by are a full
    accept queue (`handshake.accept_queue_overflow`).  One lost SYN-ACK, after which the connection works, is only
    `handshake.synack_retransmitted`.

What to do
    Look for the reason on the way back: asymmetric routing through a stateful firewall, a return filter, NAT that answers from another
    address, a packet filter of the client itself.

References
    RFC 9293 §3.8.3; RFC 6298 §5.7; Documentation/networking/ip-sysctl.rst tcp_synack_retries, rp_filter
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import attempts_like, confirmed
from estab.diagnose.facts import CLIENT, FIRST_TTLS, SERVER, Facts, Group, Mask
from estab.diagnose.finding import AbsenceEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS, format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.return_path_blocked",
    title=msg("SYN-ACKs do not reach the client"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    knobs=("tcp_synack_retries",),
    references=("RFC 9293 §3.8.3", "RFC 6298 §5.7"),
    yields_to=("attack.syn_flood", "attack.port_scan", "handshake.accept_queue_overflow"),
)

SURE_ANSWERS = 3
"""As many SYN-ACKs that one client did not hear are no matter of chance."""
RARE_SHARE = 0.01


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener whose answers get lost."""
    places = facts.group_by_server(_unheard_answers(facts) & facts.unclaimed(RULE.yields_to))
    sure = places.largest(facts.connections.server.syn_acks >= SURE_ANSWERS) | (places.sizes >= SURE_ANSWERS)
    common = places.sizes >= RARE_SHARE * places.kin(facts.attempted)
    yield from tell(places, functools.partial(_describe, facts), severe=sure & common)


def _unheard_answers(facts: Facts) -> Mask:
    """The server repeats its SYN-ACK, the client repeats its SYN behind it, and neither gets further."""
    client, server = facts.connections.client, facts.connections.server
    nothing_else = (client.packets == client.syns + client.duplicates) & (server.packets == server.syn_acks + server.duplicates)
    asking_on = client.last_syn_ns > server.first_syn_ns + SECOND_NS // 2
    return np.asarray((server.syn_acks >= 2) & (client.syns >= 2) & nothing_else & asking_on & ~confirmed(facts) & ~facts.one_way)


def _describe(facts: Facts, group: Group) -> Finding:
    server = facts.connections.server
    rows = group.rows[np.argsort(-server.syn_acks[group.rows], kind="stable")]
    row, name = int(rows[0]), str(group.endpoint)
    attempts = attempts_like(facts, row)
    works = int(np.count_nonzero(facts.established[attempts]))
    sure = bool((server.syn_acks[rows] >= SURE_ANSWERS).any()) or len(rows) >= SURE_ANSWERS
    rare = len(rows) < RARE_SHARE * len(attempts)
    values = {"server": name, "count": format_count(int(server.syn_acks[rows].sum())), "clients": facts.distinct_clients(rows)}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=RULE.severity if sure and not rare else Severity.INFO,
        confidence=0.95 if sure else 0.6,
        title=msg("SYN-ACKs of {server} do not reach the client", server=name),
        summary=msg("{server} sent {count} SYN-ACKs that its clients (addresses: {clients}) never heard.", **values),
        hit=hit_of(facts, rows, attempts),
        cause=_cause(facts, row, works),
        evidence=_evidence(facts, row),
        ruled_out=[
            RuledOut("handshake.filtered", msg("the SYNs arrive: the server answers them")),
            RuledOut("handshake.accept_queue_overflow", msg("no ACK of the client went by, so the server has nothing to put into a queue")),
            RuledOut("attack.syn_flood", msg("the clients repeat their SYNs: they exist and want the connection")),
        ],
        remedy=handshake.RETURN_PATH_BLOCKED.remedy,
        do_not=handshake.RETURN_PATH_BLOCKED.do_not,
    )


def _cause(facts: Facts, row: int, works: int) -> Text:
    if _arrived_at_client(facts, row):
        return msg(
            "The SYN-ACKs have come as far as the client's own network, and the client does not "
            "take them: a packet filter of its own drops them."
        )
    if works:
        return msg(
            "The answers to these clients are dropped on the way back, while {count} other connections to the listener work.",
            count=format_count(works),
        )
    return msg(
        "The answers are dropped on the way back: asymmetric routing through a stateful firewall, a return filter, or a wrong route."
    )


def _arrived_at_client(facts: Facts, row: int) -> bool:
    """Whether the capture point is the client's: its packets have not passed a router yet, those of the server have."""
    fresh = [int(facts.connections.side(side).ttl[row]) in FIRST_TTLS for side in (CLIENT, SERVER)]
    return fresh[CLIENT] and not fresh[SERVER]


def _evidence(facts: Facts, row: int) -> list[Evidence]:
    client, server = facts.connections.client, facts.connections.server
    lasted_ns = int(max(server.last_syn_ns[row], client.last_syn_ns[row]) - client.first_syn_ns[row])
    values = {
        "answers": format_count(int(server.syn_acks[row])),
        "syns": format_count(int(client.syns[row])),
        "lasted": format_duration(lasted_ns),
    }
    frames = facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame"), (CLIENT, "retransmit_frame"), (SERVER, "retransmit_frame"))
    return [
        PacketsEvidence(msg("{answers} SYN-ACKs answer {syns} SYNs of one connection within {lasted}", **values), row, frames),
        AbsenceEvidence(msg("the client sent no ACK and no RST"), row, int(server.first_syn_ns[row]), facts.last_ns),
    ]
