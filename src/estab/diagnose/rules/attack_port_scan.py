"""One host tries many ports of another, or one port of many hosts: a scan.

What it sees
    Attempts of one client to many different ports of one server (or to one port of many servers), hardly two to the same, most of them
    refused, unanswered, or dropped by the client itself as soon as the SYN-ACK came.  Or segments that open nothing (FIN, all flags, none,
    a bare ACK), one to each of many ports, and RST or nothing for an answer.

Why it matters
    It is how attackers, worms and inventory tools learn what listens.  It also explains refusals that are no fault of any service.

Evidence required
    At least 8 ports within a minute, or 15 at all, of one pair of hosts (at least 20 hosts for one port), at most two attempts each,
    and most of them without success.

What else looks like this
    A client of a service that is down asks the same port again and again (`handshake.refused`).  A flood sends very many SYNs to one port
    (`attack.syn_flood`).  Connections of a restarted host draw RSTs too (`half_open.peer_restarted`), but each has a port of its own and
    speaks with ACK.

What to do
    Find out who runs the scanning host: an inventory is harmless; otherwise limit it, and close what it found open without need.

References
    RFC 9293 §3.10.7.1; RFC 4949 ("port scan")
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, host
from estab.diagnose.evidence import stray_probes
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Mask, Rows
from estab.diagnose.finding import CounterEvidence, DoNot, Evidence, Finding, PacketsEvidence, Remedy, RemedyScope, RuledOut, Severity
from estab.diagnose.rule import Rule, Source
from estab.flow import Endpoint
from estab.instant import MINUTE_NS, format_duration
from estab.text import format_count, msg
from estab.track import records

RULE = Rule(
    code="attack.port_scan",
    title=msg("A host scans ports"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    references=("RFC 9293 §3.10.7.1", "RFC 4949"),
    yields_to=("attack.syn_flood",),
)

PORTS_QUICK = 8
"""Different ports within a minute."""
PORTS_SLOW = 15
HOSTS = 20
HOSTS_LOUD = 50
"""Hosts tried on one port that are more than a note: fewer may be a pool of servers that are down."""
TRIES_EACH = 2
"""A scanner asks once, and once more where nothing came."""
IN_VAIN = 0.5
IN_VAIN_HOSTS = 0.8


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each scanned host, and each port that is looked for on many hosts."""
    free = facts.unclaimed(RULE.yields_to)
    yield from _strays(facts, stray_probes.stray(facts) & free)
    vain = _in_vain(facts) & free
    if np.count_nonzero(vain) < PORTS_QUICK:
        return
    taken = np.zeros(facts.count, bool)
    connections = facts.connections
    for rows in _crowds(facts, vain, connections.server_address_group, PORTS_QUICK):
        if _is_port_scan(facts, rows):
            with_hits = _with_successes(facts, rows, connections.server_address_group)
            taken[with_hits] = True
            yield _describe_ports(facts, with_hits, rows, _evidence(facts, rows, with_hits))
    for rows in _crowds(facts, vain & ~taken, connections.b_port.astype(np.int64), HOSTS):
        if _is_host_scan(facts, rows):
            yield _describe_hosts(facts, rows)


def _strays(facts: Facts, stray: Mask) -> Iterator[Finding]:
    """Scans without a SYN: one finding for each scanned host."""
    if np.count_nonzero(stray) < PORTS_QUICK:
        return
    for rows in _crowds(facts, stray, facts.connections.server_address_group, PORTS_QUICK):
        if _is_port_scan(facts, rows) and stray_probes.is_scan(facts, rows):
            yield _describe_ports(facts, rows, rows, _stray_evidence(facts, rows))


def _in_vain(facts: Facts) -> Mask:
    """Attempts that did not become a connection, for whatever reason, without a byte of data."""
    client, server = facts.connections.client, facts.connections.server
    return np.asarray(facts.attempted & ~facts.established & (client.payload_bytes == 0) & (server.payload_bytes == 0) & ~facts.one_way)


def _crowds(facts: Facts, mask: Mask, target: Column, least: int) -> Iterator[Rows]:
    """The masked rows by client address and target, where there are at least so many."""
    rows = np.flatnonzero(mask)
    keys = facts.connections.client_address_group[rows] * (int(target.max()) + 1) + target[rows]
    order = np.argsort(keys, kind="stable")
    borders = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.concatenate([[0], borders]), np.concatenate([borders, [len(rows)]])
    for place in np.flatnonzero(ends - starts >= least):
        yield rows[order[starts[place] : ends[place]]]


def _is_port_scan(facts: Facts, rows: Rows) -> bool:
    ports = len(np.unique(facts.connections.b_port[rows]))
    span_ns = int(np.ptp(facts.connections.first_ns[rows]))
    enough = ports >= PORTS_SLOW or (ports >= PORTS_QUICK and facts.has_times and span_ns <= MINUTE_NS)
    of_client = facts.rows_from_client(int(rows[0]))
    target = facts.connections.server_address_group
    both = np.count_nonzero(target[of_client] == target[rows[0]])
    return bool(enough and len(rows) <= TRIES_EACH * ports and len(rows) >= IN_VAIN * both)


def _is_host_scan(facts: Facts, rows: Rows) -> bool:
    hosts = len(np.unique(facts.connections.server_address_group[rows]))
    ports = facts.connections.b_port[facts.rows_from_client(int(rows[0]))]
    same = np.count_nonzero(ports == facts.connections.b_port[rows[0]])
    return bool(hosts >= HOSTS and len(rows) <= TRIES_EACH * hosts and len(rows) >= IN_VAIN_HOSTS * same)


def _with_successes(facts: Facts, rows: Rows, target: Column) -> Rows:
    """The attempts in vain, and behind them those of the scan that found something open and said nothing there."""
    when = facts.connections.first_ns
    mute = (facts.connections.client.payload_bytes == 0) & facts.attempted
    meanwhile = (when >= when[rows].min()) & (when <= when[rows].max())
    found = facts.same_client(int(rows[0])) & (target == target[rows[0]]) & mute & meanwhile
    found[rows] = False
    return np.concatenate([rows, np.flatnonzero(found)])


def _describe_ports(facts: Facts, rows: Rows, vain: Rows, evidence: list[Evidence]) -> Finding:
    connections = facts.connections
    client, server = facts.endpoints(int(vain[0]))
    ports = np.unique(connections.b_port[rows])
    values: dict[str, object] = {"client": client.address, "server": server.address, "ports": format_count(len(ports))}
    values |= {"low": int(ports[0]), "high": int(ports[-1]), "span": format_duration(int(np.ptp(connections.first_ns[rows])))}
    return finding(
        facts,
        RULE,
        subject=host(Endpoint(client.address, 0)),
        rows=rows,
        confidence=0.95 if len(ports) >= PORTS_SLOW else 0.85,
        title=msg("{client} scans the ports of {server}", client=client.address, server=server.address),
        summary=msg("{client} tried {ports} ports of {server} (from {low} to {high}) within {span}.", **values),
        cause=msg("A port scanner, or an inventory tool, asks which ports are open; no application asks so many ports once each."),
        evidence=evidence,
        ruled_out=[
            RuledOut("handshake.refused", msg("the refusals are spread over many ports that nobody else asks")),
            RuledOut("attack.syn_flood", msg("each port is asked once or twice")),
        ],
        remedy=_remedy(),
        do_not=[DoNot(msg("start services on the refused ports: nobody needs them"))],
    )


def _describe_hosts(facts: Facts, rows: Rows) -> Finding:
    client, server = facts.endpoints(int(rows[0]))
    hosts = len(np.unique(facts.connections.server_address_group[rows]))
    values: dict[str, object] = {"client": client.address, "port": server.port, "hosts": format_count(hosts)}
    values["span"] = format_duration(int(np.ptp(facts.connections.first_ns[rows])))
    return finding(
        facts,
        RULE,
        subject=host(Endpoint(client.address, 0)),
        rows=rows,
        severity=RULE.severity if hosts >= HOSTS_LOUD else Severity.INFO,
        confidence=0.85 if hosts >= HOSTS_LOUD else 0.6,
        title=msg("{client} looks for port {port} on many hosts", client=client.address, port=server.port),
        summary=msg("{client} tried port {port} on {hosts} hosts within {span}, nearly always in vain.", **values),
        cause=msg(
            "A scanner, a worm or an inventory tool looks for one service on many hosts; or a client works off a list of dead addresses."
        ),
        evidence=_evidence(facts, rows, rows),
        ruled_out=[RuledOut("attack.syn_flood", msg("each host is asked once or twice"))],
        remedy=_remedy(),
    )


def _evidence(facts: Facts, vain: Rows, rows: Rows) -> list[Evidence]:
    connections = facts.connections
    refused = int(np.count_nonzero(facts.refused[vain]))
    silent = int(np.count_nonzero(connections.server.packets[vain] == 0))
    values = {
        "refused": format_count(refused),
        "silent": format_count(silent),
        "open": format_count(int(np.count_nonzero(facts.answered[rows]))),
    }
    row = int(vain[0])
    found: list[Evidence] = [
        PacketsEvidence(msg("the first attempt of the scan"), row, facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "rst_frame"))),
        CounterEvidence(
            msg("{refused} attempts were refused, {silent} not answered by the host, {open} found an open port", **values),
            "attempts",
            0,
            len(rows),
        ),
    ]
    half = np.flatnonzero((facts.answered & facts.side_marked(CLIENT, records.RST_SENT))[rows])
    if len(half):
        probe = int(rows[half[0]])
        frames = facts.frames(probe, (SERVER, "syn_frame"), (CLIENT, "rst_frame"))
        found.append(PacketsEvidence(msg("an open port is left by RST as soon as it has answered"), probe, frames))
    return found


def _stray_evidence(facts: Facts, rows: Rows) -> list[Evidence]:
    """What was sent in place of a SYN, and what came back."""
    server = facts.connections.server
    closed = int(np.count_nonzero(server.rsts[rows] > 0))
    values = {
        "count": format_count(len(rows)),
        "kind": stray_probes.spell_kind(stray_probes.kind_of(facts, rows)),
        "closed": format_count(closed),
        "silent": format_count(len(rows) - closed),
    }
    row = int(rows[0])
    return [
        PacketsEvidence(
            msg("{count} probes without a connection or a SYN, most of them of the kind {kind}", **values),
            row,
            facts.frames(row, (CLIENT, "first_frame"), (SERVER, "rst_frame")),
        ),
        CounterEvidence(msg("{closed} were answered by RST, {silent} not at all", **values), "probes", 0, len(rows)),
    ]


def _remedy() -> list[Remedy]:
    return [
        Remedy(RemedyScope.HOST, msg("Find out who runs the scanning host; an inventory of your own is harmless.")),
        Remedy(
            RemedyScope.HOST, msg("Limit new connections by source address in the packet filter, and close open ports that nobody needs.")
        ),
    ]
