"""Findings of a live host and of the packets captured meanwhile, joined: one cause is one finding with both kinds of evidence.

Two findings tell of the same thing where their code is the same and they share connections or a place.  Where one names the cause of
the other (a full accept queue, of which the packets show only that clients are not answered) the cause is told, with the evidence of
both.  What only packets show gets the sockets of its connections, and so the processes.

A capture of a few seconds ends in the middle of things: that a FIN was not answered by its end says little.  What rests on such an
absence and concerns this host's own sockets is for the rules over sockets to say.  Where packets were lost nothing that rests on an
absence is told.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from estab.diagnose.catalog import all_rules, host_rules
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import AbsenceEvidence, Evidence, Finding, PacketsEvidence, Subject
from estab.diagnose.host_compose import OWNERS_NAMED, SOCKETS_NAMED, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import Column, Rows, end_keys, places_of, socket_name
from estab.diagnose.run import Diagnosis, NotRun, diagnosis_of
from estab.flow import parse_address
from estab.text import format_count, msg

ANY = ("0.0.0.0", "::")  # noqa: S104 - what a listener on all addresses is called
SURER = 0.5
"""So much of what is missing to certainty goes when a second witness agrees."""
EVIDENCE_ADDED = 4
"""Pieces of evidence that a finding gets from one of the other kind."""
READINGS = ("recv_queue", "send_queue", "snd_cwnd_segments", "rtt_us", "rto_us", "retransmits", "total_retrans", "last_ack_recv_ms")
"""Told of the socket behind a finding of packets."""
MOST_SHARED = 0.5
"""A cause explains a finding when it has more than this part of its connections."""

_NO_ANSWER = (
    "handshake.filtered", "handshake.fake_established", "handshake.return_path_blocked", "handshake.syn_retransmitted",
    "handshake.synack_retransmitted", "handshake.accept_queue_overflow", "loss.handshake_ack",
)  # fmt: skip
_NO_ACK = ("half_open.peer_vanished", "loss.rto_backoff", "loss.rto", "loss.retransmission", "loss.tail_loss")
EXPLAINS: dict[str, tuple[str, ...]] = {
    "handshake.accept_queue_overflow": _NO_ANSWER,
    "handshake.abort_on_overflow": (*_NO_ANSWER, "rst.abort"),
    "app.fd_limit": _NO_ANSWER,
    "handshake.syn_queue_full": _NO_ANSWER,
    "attack.syn_flood": _NO_ANSWER,
    "handshake.defer_accept_stall": _NO_ANSWER,
    "handshake.filtered": ("handshake.syn_retransmitted",),
    "handshake.syn_sent_pile": ("handshake.filtered", "handshake.syn_retransmitted"),
    "path.neighbour_failure": ("handshake.filtered", "handshake.syn_retransmitted"),
    "path.local_firewall_drop": ("handshake.filtered", "handshake.syn_retransmitted", *_NO_ACK),
    "path.rp_filter_drop": ("handshake.filtered", "handshake.syn_retransmitted"),
    "path.local_qdisc_drop": _NO_ACK,
    "path.checksum_errors": _NO_ACK,
    "security.md5_mismatch": ("handshake.filtered", "handshake.syn_retransmitted", *_NO_ACK),
    "security.min_ttl_drop": _NO_ACK,
    "security.socket_filter_drop": _NO_ACK,
    "flow.zero_window": ("flow.persist_probes",),
    "listen.closed_with_pending": ("rst.abort",),
}
"""What a host's finding of this code looks like in packets, at the same place: there the packets are evidence of the host's finding."""

OF_SOCKETS = ("close.", "flow.", "half_open.", "keepalive.", "timewait.")
"""Codes about what sockets are in, which the table of sockets shows better than packets that did not come."""
MISSED = msg("packets were lost while they were captured: what did not come may have been among them")

_ENDS = np.dtype([("local_address", np.uint32, (4,)), ("remote_address", np.uint32, (4,)), ("local_port", "u2"), ("remote_port", "u2")])


@dataclass(frozen=True, slots=True)
class _Placed:
    """A finding and its connections as keys."""

    finding: Finding
    keys: Column

    def shared(self, other: _Placed) -> float:
        """Which part of these connections are the other's, too."""
        return float(np.isin(self.keys, other.keys).mean()) if len(self.keys) else 0.0


class Joiner:
    """Joins the findings of one interval; `facts` is the host, `packets` what was captured meanwhile, `incomplete` where some were lost."""

    def __init__(self, facts: HostFacts, packets: Facts, *, incomplete: bool = False) -> None:
        self._host, self._keys, self._incomplete = facts, _keys_of_connections(packets), incomplete
        self._now, self._earlier = _keys_of_sockets(facts.t.table), _keys_of_sockets(facts.t.earlier)
        self._packets, self._ends = packets, _ends_of(packets)
        self._near = end_keys(self._ends, "local")
        tables = [facts.t.table, facts.t.earlier, *([] if facts.between is None else [facts.between.t.table])]
        self._addresses = np.unique(np.concatenate([end_keys(table, "local", port=False) for table in tables]))
        self._locals = np.concatenate([end_keys(table, "local") for table in (facts.t.table, facts.t.earlier)])

    def join(self, host: Diagnosis, packets: Diagnosis, *, only: frozenset[str] | None = None) -> Diagnosis:
        """Both diagnoses as one; `only` keeps the findings of these codes."""
        mine = [self._of_host(finding) for finding in host.each]
        held = [finding for finding in packets.each if not (self._incomplete and _rests_on_absence(finding))]
        theirs = [_Placed(finding, self._keys[finding.members]) for finding in held]
        mine = [self._with_the_same(placed, theirs) for placed in mine]
        mine = [self._with_what_it_explains(placed, theirs) for placed in mine]
        mine = [placed for placed in mine if not self._is_explained(placed, theirs)]
        ran = {loaded.rule.code for loaded in host_rules()} - {entry.code for entry in host.not_run}
        found = [self._with_traffic(placed) for placed in mine]
        found += [self._with_sockets(placed.finding) for placed in theirs if not self._is_for_sockets_to_say(placed.finding, ran)]
        wanted = [finding for finding in found if only is None or finding.code in only]
        missed = [NotRun(code, MISSED) for code in sorted({finding.code for finding in packets.each} - {finding.code for finding in held})]
        found_here = {finding.code for finding in found}
        not_run = [*_not_run(host, packets, only), *(entry for entry in missed if entry.code not in found_here)]
        return diagnosis_of(wanted, [entry for entry in not_run if only is None or entry.code in only], host.rules_ran + packets.rules_ran)

    # --- what belongs together ----------------------------------------------------------------------------------------------------

    def _with_the_same(self, host: _Placed, theirs: list[_Placed]) -> _Placed:
        """Takes the findings of the same code at the same place out of `theirs`.

        What the counters of the host say without a place is told with the worst place that the packets show.
        """
        finding = replace(host.finding, members=host.finding.members[:0])
        nowhere = finding.subject.address is None and not len(host.keys)
        same = [other for other in theirs if other.finding.code == finding.code and (nowhere or _meet(host, other))]
        for other in same[:1] if nowhere else same:
            theirs.remove(other)
            finding = self._together(finding, other.finding)
            host = _Placed(finding, np.union1d(host.keys, other.keys))
        return _Placed(finding, host.keys)

    def _with_what_it_explains(self, host: _Placed, theirs: list[_Placed]) -> _Placed:
        """Takes out of `theirs` what this finding is the cause of."""
        finding = host.finding
        for other in [other for other in theirs if _explains(host, other)]:
            theirs.remove(other)
            finding = _add(finding, other.finding.evidence, members=other.finding.members)
        return _Placed(finding, host.keys)

    def _is_explained(self, host: _Placed, theirs: list[_Placed]) -> bool:
        """A finding of packets is the cause: it gets the evidence, and this one is told no more."""
        for place, other in enumerate(theirs):
            if other.finding.code in _causes_of(host.finding.code) and host.shared(other) > MOST_SHARED:
                told = _add(self._with_sockets(other.finding), host.finding.evidence)
                severity = max(told.severity, host.finding.severity)
                theirs[place] = _Placed(replace(told, severity=severity), other.keys)
                return True
        return False

    def _is_for_sockets_to_say(self, finding: Finding, ran: set[str]) -> bool:
        """It rests on what did not come to this host's own sockets, and the rules over these have not found it."""
        if not (finding.code.startswith(OF_SOCKETS) and finding.code in ran and _rests_on_absence(finding)):
            return False
        sides = (end_keys(self._ends[finding.members], side, port=False) for side in ("local", "remote"))
        return any(bool(np.isin(side, self._addresses).any()) for side in sides)

    def _with_traffic(self, host: _Placed) -> Finding:
        """A finding of which no packet has told yet, with what its connections sent and got meanwhile."""
        finding, rows = host.finding, np.flatnonzero(np.isin(self._keys, host.keys))
        if not len(rows) or any(isinstance(one, PacketsEvidence | AbsenceEvidence) for one in finding.evidence):
            return finding
        near = np.isin(self._near[rows], self._locals)  # this host is side 0, the client
        client, server = (self._packets.connections.side(side).packets[rows] for side in (CLIENT, SERVER))
        sent = np.where(near, client, server)
        came = int((client + server - sent).sum())
        text = msg(
            "captured of its connections: {sent} packets sent, {came} received", sent=format_count(int(sent.sum())), came=format_count(came)
        )
        return _add(finding, [PacketsEvidence(text, int(rows[0]), ())], members=rows)

    def _together(self, host: Finding, packets: Finding) -> Finding:
        """One finding for two of the same code; it is told by whichever names the place, the host where both do."""
        told = packets if host.subject.address is None and packets.subject.address is not None else host
        known = self._with_sockets(packets) if not host.sockets and not host.owners else host
        surer = max(host.confidence, packets.confidence)
        ruled_out = {other.code: other for other in (*packets.ruled_out, *host.ruled_out)}
        joined = replace(
            told,
            severity=max(host.severity, packets.severity),
            confidence=surer + SURER * (1 - surer),
            evidence=host.evidence,
            ruled_out=tuple(ruled_out.values()),
            remedy=host.remedy or packets.remedy,  # its undo is what this host has now
            filter=packets.filter,
            first_ns=min(host.first_ns, packets.first_ns),
            last_ns=max(host.last_ns, packets.last_ns),
            members=host.members,
            sockets=known.sockets,
            owners=known.owners,
        )
        return _add(joined, packets.evidence, members=packets.members)

    # --- sockets of connections ---------------------------------------------------------------------------------------------------

    def _of_host(self, finding: Finding) -> _Placed:
        """Its connections are all sockets that it counts, and those that have gone, as far as it names them."""
        ends = np.zeros(len(finding.sockets), _ENDS)
        for row, socket in enumerate(finding.sockets):
            for side, end in (("local", socket.local), ("remote", socket.remote)):
                ends[f"{side}_address"][row], ends[f"{side}_port"][row] = parse_address(end.address), end.port
        return _Placed(finding, np.union1d(self._now[finding.members], _keys_of_sockets(ends)))

    def _with_sockets(self, finding: Finding) -> Finding:
        """A finding of packets with the sockets of its connections, their owners, and the reading of the worst."""
        table = self._host.t
        now, gone = self._rows(finding, self._now), self._rows(finding, self._earlier)
        if finding.sockets or not (len(now) or len(gone)):
            return finding
        if not len(now):
            named = tuple(socket_name(table.earlier, row) for row in gone[:SOCKETS_NAMED].tolist())
            return replace(finding, sockets=named, owners=self._host.owners_of_gone(gone)[:OWNERS_NAMED])
        named = tuple(table.name(row) for row in now[:SOCKETS_NAMED].tolist())
        told = [name for name in READINGS if table[name][now[0]]]
        evidence = [reading(self._host, int(now[0]), *told)] if told else []
        return _add(replace(finding, sockets=named, owners=self._host.owners(now)[:OWNERS_NAMED]), evidence)

    def _rows(self, finding: Finding, among: Column) -> Rows:
        """Rows of sockets that belong to the finding's connections, in its order."""
        rows = places_of(self._keys[finding.members], among)
        return np.asarray(rows[rows >= 0], np.int64)


def same_place(of_host: Subject, of_packets: Subject) -> bool:
    """A listener on all addresses is every address; a subject without a port every port of its address."""
    if of_host.address is None or of_packets.address is None:
        return False
    same_port = of_host.port is None or of_packets.port is None or of_host.port == of_packets.port
    return same_port and (of_host.address in ANY or of_host.address == of_packets.address)


def _rests_on_absence(finding: Finding) -> bool:
    return any(isinstance(one, AbsenceEvidence) for one in finding.evidence)


def _meet(host: _Placed, packets: _Placed) -> bool:
    return host.shared(packets) > 0 or same_place(host.finding.subject, packets.finding.subject)


def _explains(host: _Placed, packets: _Placed) -> bool:
    """The host's finding is the cause of what the packets show."""
    code = packets.finding.code
    if code in EXPLAINS.get(host.finding.code, ()) and _meet(host, packets):
        return True
    return host.finding.code in _causes_of(code) and packets.shared(host) > MOST_SHARED


@functools.cache
def _all_causes() -> dict[str, frozenset[str]]:
    """For each code the stronger ones, as the rules of either kind declare them."""
    stronger: dict[str, frozenset[str]] = {}
    for rule in (*(loaded.rule for loaded in all_rules()), *(loaded.rule for loaded in host_rules())):
        stronger[rule.code] = stronger.get(rule.code, frozenset()) | frozenset(rule.yields_to)
    return stronger


def _causes_of(code: str) -> frozenset[str]:
    return _all_causes().get(code, frozenset())


def _add(finding: Finding, evidence: Sequence[Evidence], *, members: Rows | None = None) -> Finding:
    """The finding with evidence of the other kind, not all of it, and with the connections that show it."""
    told = {str(one.text) for one in finding.evidence}
    more = list({str(one.text): one for one in evidence if str(one.text) not in told}.values())[:EVIDENCE_ADDED]
    joined = finding.members if members is None else np.union1d(finding.members, members).astype(np.int64)
    return replace(finding, evidence=(*finding.evidence, *more), members=joined)


def _not_run(host: Diagnosis, packets: Diagnosis, only: frozenset[str] | None) -> list[NotRun]:
    """A code could not be found only where no rule of either kind could run."""
    here, there = ({entry.code: entry for entry in one.not_run} for one in (host, packets))
    of_host, of_packets = ({loaded.rule.code for loaded in rules()} for rules in (host_rules, all_rules))
    lost = [entry for code, entry in here.items() if code not in of_packets or code in there]
    lost += [entry for code, entry in there.items() if code not in of_host]
    return [entry for entry in lost if only is None or entry.code in only]


def _keys_of_sockets(table: Column) -> Column:
    """A number for each socket that is the same from both ends, as a connection of a capture has no near one."""
    with np.errstate(over="ignore"):
        return np.asarray(end_keys(table, "local") + end_keys(table, "remote"))


def _keys_of_connections(packets: Facts) -> Column:
    """The same number for each connection of a capture."""
    return _keys_of_sockets(_ends_of(packets))


def _ends_of(packets: Facts) -> Column:
    """The client's end of each connection as the local one, the server's as the remote one."""
    ends = np.zeros(packets.count, _ENDS)
    for side, letter in (("local", "a"), ("remote", "b")):
        for word in range(4):
            ends[f"{side}_address"][:, word] = getattr(packets.connections, f"{letter}{word}")
        ends[f"{side}_port"] = getattr(packets.connections, f"{letter}_port")
    return ends
