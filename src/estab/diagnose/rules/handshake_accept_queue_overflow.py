"""A listener's accept queue is full: the application does not accept connections fast enough.

What it sees
    One of four pictures, or several: SYNs dropped by a listener that accepted others right before; SYN-ACKs repeated although the client's
    ACK (and data) had arrived; data that meets silence behind a completed handshake, for good or until a repetition is taken, where SYN
    cookies are in use; RST in answer to the ACK of the handshake, with tcp_abort_on_overflow.

Why it matters
    Clients wait 1, 3, 7 s and more, or believe to be connected while the server does not know them.  The host, its CPU and the network
    may all be idle: one blocked accept() loop is enough.

Evidence required
    The packets of a connection that shows it, and that the listener accepted others.  What each picture alone leaves open is told in the
    confidence.

What else looks like this
    Half-open attempts from many sources are `attack.syn_flood`.  A listener that never answers is `handshake.filtered`.  A lost ACK of one
    client, after which its data completes the handshake, is `loss.handshake_ack`; TCP_DEFER_ACCEPT also leaves bare ACKs aside.  A host
    that vanished answers nobody (`half_open.peer_vanished`).

What to do
    Accept faster; then a longer backlog, which is the smaller of listen()'s argument and net.core.somaxconn at the moment of listen().

References
    RFC 9293 §3.10.7.2; net/ipv4/tcp_ipv4.c tcp_conn_request; net/ipv4/tcp_minisocks.c tcp_check_req;
    Documentation/networking/ip-sysctl.rst somaxconn, tcp_abort_on_overflow
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.accept_queue import Pictures, Suspicions, pictures, suspect, worth_a_look
from estab.diagnose.evidence.attempts import attempts_like, waited_ns
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Rows, Vantage
from estab.diagnose.finding import (
    AbsenceEvidence,
    CounterEvidence,
    Evidence,
    Finding,
    PacketsEvidence,
    Remedy,
    RemedyScope,
    RuledOut,
    Severity,
)
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.accept_queue_overflow",
    title=msg("A listener's accept queue overflows"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    knobs=("somaxconn", "tcp_abort_on_overflow", "tcp_syncookies"),
    references=("RFC 9293 §3.10.7.2",),
    yields_to=("attack.syn_flood", "attack.port_scan"),
)

RARE_SHARE = 0.01
"""Below this share of the attempts it hurts, but is not critical."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener whose queue overflows."""
    suspicions = suspect(facts, facts.unclaimed(RULE.yields_to))
    places = facts.group_by_server(suspicions.any)
    for group in places.only(worth_a_look(places, suspicions)):
        found = pictures(facts, suspicions, int(group.rows[0]))
        if found is not None:
            yield _describe(facts, group, found, suspicions)


def _describe(facts: Facts, group: Group, found: Pictures, suspicions: Suspicions) -> Finding:
    rows, name = found.rows, str(group.endpoint)
    attempts = attempts_like(facts, int(rows[0]))
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=RULE.severity if len(rows) >= RARE_SHARE * len(attempts) else Severity.WARNING,
        confidence=_confidence(facts, found),
        title=msg("{server} does not accept connections fast enough", server=name),
        summary=_summary(found, name),
        hit=hit_of(facts, rows, attempts),
        cause=_cause(found),
        evidence=[*_evidence(facts, found), *_accepted(facts, attempts[suspicions.held[attempts]], found)],
        ruled_out=_ruled_out(facts, found),
        remedy=_remedy(found),
        do_not=handshake.ACCEPT_QUEUE_OVERFLOW.do_not,
    )


def _confidence(facts: Facts, found: Pictures) -> float:
    if found.certain:
        return 0.97
    if len(found.ignored) or len(found.aborted) or len(found.repeated):
        return 0.85
    return 0.9 if facts.capture_vantage is Vantage.SERVER or found.unserved else 0.75


def _summary(found: Pictures, name: str) -> Text:
    believing = len(found.repeated) + len(found.ignored)
    values = {
        "server": name,
        "count": format_count(len(found.rows)),
        "believing": format_count(believing),
        "dropped": format_count(len(found.dropped)),
    }
    if believing and len(found.dropped):
        return msg(
            "{believing} clients believed they were connected to {server} while its accept "
            "queue was full; {dropped} more had SYNs dropped.",
            "{believing} client believed it was connected to {server} while its accept queue was full; {dropped} more had SYNs dropped.",
            **values,
        )
    if believing:
        return msg(
            "{believing} clients believed they were connected to {server} while its accept queue was full.",
            "{believing} client believed it was connected to {server} while its accept queue was full.",
            **values,
        )
    if len(found.aborted):
        return msg("{server} reset {count} connections in the moment they were completed, because its accept queue was full.", **values)
    return msg("{server} accepted connections and then dropped the SYNs of {count} others: its accept queue was full.", **values)


def _cause(found: Pictures) -> Text:
    if found.unserved:
        return msg(
            "The application does not call accept(), or too slowly: {count} connections in the "
            "queue were completed by the kernel and never served.",
            "The application does not call accept(), or too slowly: {count} connection in the queue was completed by the kernel "
            "and never served.",
            count=format_count(found.unserved),
        )
    return msg(
        "The application calls accept() too slowly for the connections that arrive, or the "
        "backlog given to listen() is too small for bursts."
    )


def _evidence(facts: Facts, found: Pictures) -> list[Evidence]:
    client, server, connections = facts.connections.client, facts.connections.server, facts.connections
    evidence: list[Evidence] = []
    if len(found.repeated):
        row = _worst(found.repeated, connections.syn_ack_after_ack[found.repeated])
        values = {
            "total": format_count(int(connections.syn_ack_after_ack[found.repeated].sum())),
            "count": format_count(len(found.repeated)),
        }
        frames = (*facts.frames(row, (SERVER, "syn_frame"), (SERVER, "retransmit_frame")), int(connections.handshake_ack_frame[row]))
        text = msg("{total} SYN-ACKs were repeated after the client's ACK had gone by, in {count} connections", **values)
        evidence.append(PacketsEvidence(text, row, tuple(sorted(set(frames)))))
    if len(found.ignored):
        row = _worst(found.ignored, client.retransmit_data[found.ignored])
        values = {"count": format_count(len(found.ignored)), "repeats": format_count(int(client.retransmit_data[row]))}
        frames = (int(connections.handshake_ack_frame[row]), *facts.frames(row, (CLIENT, "retransmit_frame"), (CLIENT, "last_frame")))
        text = msg(
            "{count} clients completed the handshake, and their data was left alone; one sent it {repeats} times again",
            "{count} client completed the handshake, and its data was left alone; it was sent {repeats} times again",
            **values,
        )
        evidence.append(PacketsEvidence(text, row, tuple(sorted(set(frames)))))
    if len(found.aborted):
        row = int(found.aborted[0])
        frames = (int(connections.handshake_ack_frame[row]), *facts.frames(row, (SERVER, "syn_frame"), (SERVER, "rst_frame")))
        text = msg(
            "{count} handshakes were answered by RST without ACK as soon as they were complete",
            "{count} handshake was answered by RST without ACK as soon as it was complete",
            count=format_count(len(found.aborted)),
        )
        evidence.append(PacketsEvidence(text, row, tuple(sorted(set(frames)))))
    if len(found.dropped):
        row = _worst(found.dropped, client.syns[found.dropped])
        values = {"count": format_count(len(found.dropped)), "waited": format_duration(int(waited_ns(facts, found.dropped).max()))}
        late = int(np.count_nonzero(server.syn_acks[found.dropped] > 0))
        values["late"] = format_count(late)
        text = msg(
            "{count} clients had to repeat their SYN, one for {waited}; answered at last: {late}",
            "{count} client had to repeat its SYN, for {waited}; answered at last: {late}",
            **values,
        )
        evidence.append(PacketsEvidence(text, row, facts.frames(row, (CLIENT, "syn_frame"), (CLIENT, "retransmit_frame"))))
    return evidence


def _worst(rows: Rows, by: Rows) -> int:
    return int(rows[int(np.argmax(by))])


def _accepted(facts: Facts, accepted: Rows, found: Pictures) -> list[Evidence]:
    """What was accepted all the same, and what became of it."""
    if not len(accepted):
        return []
    count = len(accepted)
    evidence: list[Evidence] = [
        CounterEvidence(
            msg(
                "{count} connections to the same listener were accepted by the kernel",
                "{count} connection to the same listener was accepted by the kernel",
                count=format_count(count),
            ),
            "accepted",
            0,
            count,
        )
    ]
    if found.unserved == count:
        row = int(accepted[0])
        text = msg("the application sent nothing on any of these connections, to the end of the capture")
        evidence.append(AbsenceEvidence(text, row, int(facts.connections.first_ns[row]), facts.last_ns))
    return evidence


def _ruled_out(facts: Facts, found: Pictures) -> list[RuledOut]:
    sources = facts.distinct_clients(found.rows)
    flood = msg("the clients (addresses: {count}) repeat what is not answered, as real ones do", count=format_count(sources))
    ruled_out = [
        RuledOut("attack.syn_flood", flood),
        RuledOut("handshake.filtered", msg("the listener answers other connections of the same time")),
    ]
    if found.certain or len(found.rows) >= 3:
        ruled_out.append(RuledOut("loss.handshake_ack", msg("too many attempts fail in the same way for chance")))
    return ruled_out


def _remedy(found: Pictures) -> list[Remedy]:
    remedy = [
        Remedy(
            RemedyScope.APPLICATION,
            msg("Accept faster: find what blocks the accept() loop (a lock, a full worker pool, no file descriptors left)."),
        ),
        Remedy(
            RemedyScope.SOCKET,
            msg("Call listen() with a backlog of 4096: the limit is the smaller of it and net.core.somaxconn at the moment of listen()."),
            caution=msg("A longer queue covers bursts; behind an application that never catches up it only adds waiting."),
        ),
        Remedy(
            RemedyScope.KERNEL,
            msg("A longer limit for backlogs; then call listen() again, for example by restarting the service."),
            set={"net.core.somaxconn": 4096},
            undo={"net.core.somaxconn": 128},
            valid=msg("Linux (4096 is the default since 5.4, 128 before)"),
        ),
    ]
    if len(found.aborted):
        remedy.append(
            Remedy(
                RemedyScope.KERNEL,
                msg("Let clients wait and try again instead of resetting them."),
                set={"net.ipv4.tcp_abort_on_overflow": 0},
                undo={"net.ipv4.tcp_abort_on_overflow": 1},
                valid=msg("Linux >= 2.4 (0 is the default)"),
            )
        )
    return remedy
