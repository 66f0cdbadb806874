"""The SYN is answered by an ICMP error: a router or a firewall says that this connection may not or cannot be.

What it sees
    An ICMP "destination unreachable" (any code but "fragmentation needed") that quotes a SYN, and no packet of the server.

Why it matters
    connect() fails at once: EHOSTUNREACH for host unreachable and "prohibited", ENETUNREACH for net unreachable, ECONNREFUSED for port
    unreachable, which looks like a closed port although a packet filter spoke.

Evidence required
    The SYN and the ICMP error that quotes it.  Errors of one kind about one host are one finding.

What else looks like this
    A closed port answers with RST (`handshake.refused`).  A filter that stays silent is `handshake.filtered`.  An ICMP error about a
    connection that works all the same is `path.icmp_soft_error`.  "Time exceeded" comes from a routing loop, or from a traceroute.

What to do
    The code tells whom to ask: "prohibited" and "port unreachable" a packet filter's rules, "host" and "net unreachable" the routing
    or the host itself.  No kernel knob of the client helps.

References
    RFC 792; RFC 4443 §3.1; RFC 1122 §3.2.2.1, §4.2.3.9; net/ipv4/icmp.c icmp_err_convert
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, hit_of, host, listener, typical
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask, Rows
from estab.diagnose.finding import Finding, PacketsEvidence, Remedy, RemedyScope, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.flow import Endpoint
from estab.instant import format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.rejected_icmp",
    title=msg("Connections are rejected by ICMP"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.HANDSHAKES}),
    references=("RFC 792", "RFC 4443 §3.1", "RFC 1122 §4.2.3.9"),
    yields_to=("attack.port_scan",),
)

RARE_SHARE = 0.01
"""Below this share of the connections to an address, rejections are a note."""
UNREACHABLE = {4: 3, 6: 1}
"""The ICMP type "destination unreachable" of each IP version."""
FRAGMENTATION_NEEDED = 4
"""Of version 4: that one is about the size of packets (version 6 has a type of its own for it)."""

PROHIBITED, NO_PORT, NO_HOST, NO_NET = range(4)
_MEANING_V4 = {
    0: NO_NET,
    1: NO_HOST,
    3: NO_PORT,
    6: NO_NET,
    7: NO_HOST,
    9: PROHIBITED,
    10: PROHIBITED,
    11: NO_NET,
    12: NO_HOST,
    13: PROHIBITED,
}
_MEANING_V6 = {0: NO_NET, 1: PROHIBITED, 3: NO_HOST, 4: NO_PORT, 5: PROHIBITED, 6: PROHIBITED}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each host and kind of error."""
    rejected = _rejected(facts) & facts.unclaimed(RULE.yields_to)
    for group in facts.group_by_server_address(rejected):
        codes = facts.connections.icmp_code[group.rows]
        for code in np.unique(codes):
            yield _describe(facts, group.rows[codes == code], int(code))


def _rejected(facts: Facts) -> Mask:
    connections = facts.connections
    about_syn = (connections.icmp_count > 0) & (connections.icmp_quoted == 1) & (connections.icmp_side == CLIENT)
    version, kind = connections.icmp_version, connections.icmp_type
    final = ((version == 4) & (kind == UNREACHABLE[4]) & (connections.icmp_code != FRAGMENTATION_NEEDED)) | (
        (version == 6) & (kind == UNREACHABLE[6])
    )
    return np.asarray(about_syn & final & (connections.server.packets == 0))


def _describe(facts: Facts, rows: Rows, code: int) -> Finding:
    row = int(rows[0])
    server = facts.connections.endpoint(row, SERVER)
    one_port = len(np.unique(facts.connections.b_port[rows])) == 1
    name = str(server) if one_port else server.address
    to_host = facts.rows_to_server(row) if one_port else facts.rows_to_server_address(row)
    attempts = to_host[facts.attempted[to_host]]
    works = np.count_nonzero(facts.answered[attempts])
    rare = len(rows) < RARE_SHARE * len(attempts)
    version = int(facts.connections.icmp_version[row])
    meaning = (_MEANING_V4 if version == 4 else _MEANING_V6).get(code, NO_HOST)
    return finding(
        facts,
        RULE,
        subject=listener(server) if one_port else host(Endpoint(server.address, 0)),
        rows=rows,
        severity=Severity.INFO if rare else RULE.severity,
        confidence=0.97,
        title=msg("Connections to {server} are rejected by ICMP", server=name),
        summary=msg("Clients that ask {server} for a connection get an ICMP error: {error}.", server=name, error=_error(meaning)),
        hit=hit_of(facts, rows, attempts),
        cause=_cause(meaning, int(works)),
        evidence=_evidence(facts, rows, code, version),
        ruled_out=[
            RuledOut("handshake.refused", msg("no RST came; the answer is an ICMP packet")),
            RuledOut("handshake.filtered", msg("an answer came, so nothing swallows the packets")),
        ],
        remedy=_remedy(meaning),
        do_not=handshake.REJECTED_ICMP.do_not,
    )


def _error(meaning: int) -> Text:
    if meaning == PROHIBITED:
        return msg("prohibited by a packet filter; connect() fails with EHOSTUNREACH (IPv6: EACCES)")
    if meaning == NO_PORT:
        return msg("port unreachable; connect() fails with ECONNREFUSED")
    if meaning == NO_NET:
        return msg("network unreachable; connect() fails with ENETUNREACH")
    return msg("host unreachable; connect() fails with EHOSTUNREACH")


def _cause(meaning: int, works: int) -> Text:
    if meaning == PROHIBITED:
        return msg("A packet filter on the way, or on the host, forbids this connection and says so.")
    if meaning == NO_PORT:
        return msg("A packet filter rejects the SYN with its default answer, port unreachable: a closed TCP port itself would send RST.")
    if works:
        return msg(
            "The host was reachable for {count} other connections: the last router lost it, or the way to it, for a time.",
            count=format_count(works),
        )
    if meaning == NO_NET:
        return msg("A router on the way has no route to that network.")
    return msg("The last router gets no answer from the host: it is down, or its address does not exist there.")


def _evidence(facts: Facts, rows: Rows, code: int, version: int) -> list[PacketsEvidence]:
    row = int(rows[0])
    connections = facts.connections
    frames = (int(connections.client.syn_frame[row]), int(connections.icmp_frame[row]))
    values: dict[str, object] = {"type": UNREACHABLE[version], "code": code}
    if not facts.has_times:
        return [PacketsEvidence(msg("the SYN is quoted by ICMP type {type} code {code}", **values), row, frames)]
    delay_ns = np.maximum(connections.icmp_ns[rows] - connections.client.first_syn_ns[rows], 0)
    values |= {"first": format_duration(int(delay_ns[0])), "typical": typical(delay_ns)}
    return [PacketsEvidence(msg("ICMP type {type} code {code} answers the SYN after {first} (median {typical})", **values), row, frames)]


def _remedy(meaning: int) -> list[Remedy]:
    if meaning in {PROHIBITED, NO_PORT}:
        return [
            Remedy(RemedyScope.APPLICATION, msg("Check that clients mean this address and port.")),
            Remedy(
                RemedyScope.HOST,
                msg("Allow the connection in the packet filter that sent the ICMP error; its address is the error's source."),
            ),
        ]
    return [
        Remedy(RemedyScope.APPLICATION, msg("Check that clients mean this address, and let them try another one of the service.")),
        Remedy(RemedyScope.HOST, msg("Repair the route, or the host behind the router that sent the ICMP error (its source address).")),
    ]
