"""A server answers the SYN with RST: nobody listens on that port.

What it sees
    The first SYN of a connection is answered by RST with ACK (RFC 9293 §3.10.7.1) before any SYN-ACK.  connect() fails at once with
    ECONNREFUSED; the client never waits.

Why it matters
    The service is down, listens on another port, or is bound to another address or address family (127.0.0.1, `::`).  Clients that
    try again without a pause make it worse when the service comes back.

Evidence required
    A SYN and the RST that answers it, as a pair of packets.  Connections to one address and port are one finding.  A few refused among
    thousands that were accepted are a note, not a fault.

What else looks like this
    A firewall that rejects with a TCP reset: its RST carries another time to live than the host's own packets.  An ICMP "port
    unreachable" also gives ECONNREFUSED, but no RST (`handshake.rejected_icmp`).  A full accept queue with tcp_abort_on_overflow resets
    *after* the handshake (`handshake.abort_on_overflow`).  Silence is `handshake.filtered`.  One host that tries many ports is a scan.

What to do
    Start the service, or bind the address that clients use.  No kernel knob helps.  Retry with a growing, jittered pause.

References
    RFC 9293 §3.10.7.1; RFC 9293 §3.5.2 (group 1); net/ipv4/tcp_ipv4.c tcp_v4_send_reset
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, hit_of, listener, typical
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Rows
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.refused",
    title=msg("Connections are refused: nobody listens"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    references=("RFC 9293 §3.10.7.1", "RFC 9293 §3.5.2"),
    yields_to=("attack.port_scan",),
)

RARE_SHARE = 0.01
"""Below this share of a listener's connections, refusals are a note: a restart, or a client that came too early."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each address and port that refused."""
    refused = facts.refused & facts.unclaimed(RULE.yields_to)
    places = facts.group_by_server(refused)
    common = places.sizes >= RARE_SHARE * places.kin(facts.attempted)
    yield from tell(places, functools.partial(_describe, facts), severe=common)


def _describe(facts: Facts, group: Group) -> Finding:
    row = int(group.rows[0])
    to_listener = facts.rows_to_server(row)
    to_listener = to_listener[facts.attempted[to_listener]]
    accepted = to_listener[facts.answered[to_listener]]
    rare = len(group.rows) < RARE_SHARE * len(to_listener)
    foreign = _foreign_ttl(facts, group)
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=group.rows,
        severity=Severity.INFO if rare else RULE.severity,
        confidence=0.75 if foreign else 0.97,
        title=msg("{server} refuses connections", server=str(group.endpoint)),
        summary=msg("Clients asked {server} for a connection and got RST at once (ECONNREFUSED).", server=str(group.endpoint)),
        hit=hit_of(facts, group.rows, to_listener),
        cause=_cause(facts, group, accepted, foreign=foreign),
        evidence=_evidence(facts, group),
        ruled_out=_ruled_out(foreign=foreign),
        remedy=handshake.REFUSED.remedy,
        do_not=handshake.REFUSED.do_not,
    )


def _foreign_ttl(facts: Facts, group: Group) -> bool | None:
    """Whether a RST has another time to live than the packets that certainly come from this host; None where there are none."""
    same_host = facts.rows_to_server_address(int(group.rows[0]))
    server = facts.connections.server
    honest = same_host[facts.answered[same_host] & (server.packets[same_host] > 0)]  # one to itself has all its packets on the other side
    if not len(honest):
        return None
    reset_ttl = server.rst_ttl[group.rows]
    return bool(((reset_ttl < server.ttl_min[honest].min()) | (reset_ttl > server.ttl_max[honest].max())).any())


def _cause(facts: Facts, group: Group, accepted: Rows, *, foreign: bool | None) -> Text:
    if foreign:
        return msg("A packet filter answers in the name of the host: its RST has another time to live than the host's own packets.")
    if not len(accepted):
        return msg("No socket listens on this address and port: the service is down, on another port, or bound to another address.")
    first_refused_ns = int(facts.connections.first_ns[group.rows].min())
    if int(facts.connections.first_ns[accepted].min()) < first_refused_ns:
        return msg("The service accepted {count} other connections and stopped listening meanwhile.", count=format_count(len(accepted)))
    return msg("The service began to listen later: it accepted {count} connections afterwards.", count=format_count(len(accepted)))


def _evidence(facts: Facts, group: Group) -> list[PacketsEvidence]:
    client, server = facts.connections.client, facts.connections.server
    row = int(group.rows[0])
    delay_ns = np.maximum(server.rst_ns[group.rows] - client.first_syn_ns[group.rows], 0)
    frames = facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "rst_frame"))
    if not facts.has_times:
        return [PacketsEvidence(msg("the SYN is answered by RST"), row, frames)]
    values = {"first": format_duration(int(delay_ns[0])), "typical": typical(delay_ns)}
    return [PacketsEvidence(msg("the SYN is answered by RST after {first} (median {typical})", **values), row, frames)]


def _ruled_out(*, foreign: bool | None) -> list[RuledOut]:
    found = [
        RuledOut("handshake.filtered", msg("an answer came, so nothing swallows the packets")),
        RuledOut("handshake.abort_on_overflow", msg("RST came instead of SYN-ACK, not after the handshake")),
    ]
    if foreign is False:
        found.append(RuledOut("rst.from_middlebox", msg("nothing in the RST differs from the packets of the host itself")))
    return found
