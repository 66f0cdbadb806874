"""The peer does not answer any more.

What it sees
    One side repeats a segment of an open connection again and again, or its keepalive probes, and not one packet of the other comes
    back, although it had taken part before.

Why it matters
    Writes succeed until the buffer is full; the error (ETIMEDOUT) comes after about 15 minutes with Linux's defaults.  Requests hang
    that long, and threads and connections with them.

Evidence required
    At least four repetitions without a word in more than a second (or three in more than three seconds), or three probes, or two
    and a RST of the side that gave up.  The capture must hold both directions.  A capture that ends within a repetition says nothing.

What else looks like this
    A closed window is answered by every probe (`flow.zero_window`).  A path that is too narrow lets small segments pass
    (`path.pmtu_black_hole`).  Where the host lives on in other connections and the silence began after a pause, a device has forgotten
    this one (`middlebox.idle_timeout`).  A FIN alone that is not answered is `close.fin_wait1_pile` or `close.last_ack_pile`.

What to do
    Bound the wait: timeouts and heartbeats in the application, TCP_USER_TIMEOUT on the socket.

References
    RFC 9293 §3.8.3, §3.8.4; RFC 1122 §4.2.3.5; RFC 5482; net/ipv4/tcp_timer.c
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import half_open
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence import silence
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Mask
from estab.diagnose.finding import AbsenceEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MINUTE_NS, format_duration
from estab.text import Text, format_count, msg
from estab.track.records import FIN_SENT

RULE = Rule(
    code="half_open.peer_vanished",
    title=msg("The peer does not answer any more"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS}),
    knobs=("tcp_retries2", "TCP_USER_TIMEOUT", "SO_KEEPALIVE"),
    references=("RFC 9293 §3.8.3", "RFC 1122 §4.2.3.5", "RFC 5482"),
    yields_to=(
        "attack.syn_flood",
        "handshake.accept_queue_overflow",
        "handshake.fake_established",
        "path.pmtu_black_hole",
        "middlebox.idle_timeout",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that went silent, and one for the clients of each."""
    free = facts.unclaimed(RULE.yields_to)
    for side in (CLIENT, SERVER):
        probing = silence.probes_unheard(facts, side)
        unheard = (_data_unheard(facts, side) | probing) & free
        if unheard.any():
            seen = _Silence(facts, side, probing)
            yield from tell(places(facts, unheard, 1 - side), functools.partial(_describe, facts, seen=seen))


class _Silence:
    """Columns over all connections of one side that waits for the other."""

    def __init__(self, facts: Facts, side: int, probing: Mask) -> None:
        self.side, self.probing, self.since_ns = side, probing, silence.silent_since_ns(facts, side)
        self.waited_ns: Column = np.maximum(facts.connections.side(side).last_ns - self.since_ns, 0)
        self.alive = silence.alive_meanwhile(facts, side, self.since_ns)
        self.idle_ns = silence.idle_before_ns(facts, side)


def _data_unheard(facts: Facts, side: int) -> Mask:
    """Repetitions of data, not of a FIN alone, nor of last words after the other had closed."""
    closing = facts.side_marked(side, FIN_SENT) & facts.side_marked(1 - side, FIN_SENT)
    return np.asarray(silence.repeats_unheard(facts, side) & (facts.connections.side(side).run_payload > 0) & ~closing)


def _describe(facts: Facts, place: Place, seen: _Silence) -> Finding:
    """The other side, who owns the place, is waited for."""
    waited_ns = seen.waited_ns
    rows = place.rows[np.argsort(-waited_ns[place.rows], kind="stable")]
    alive = bool(seen.alive[rows].any())
    values = {"count": format_count(len(rows)), "name": place.name, "longest": format_duration(int(waited_ns[rows].max()))}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        confidence=_confidence(facts, int(rows[0]), seen.side, seen.probing),
        title=msg("No more answers from {name}", name=place.name),
        summary=msg("{count} connections are dead: {name} left everything unanswered, for {longest} at the longest.", **values),
        hit=hit_of(facts, rows, place.kin),
        cause=_cause(int(seen.idle_ns[rows[0]]), alive=alive),
        evidence=_evidence(facts, int(rows[0]), seen.side, seen.since_ns, seen.probing),
        ruled_out=[
            RuledOut("flow.zero_window", msg("a receiver with a closed window would answer")),
            RuledOut("loss.retransmission", msg("nothing at all came back, not even for the repetitions")),
        ],
        remedy=half_open.PEER_VANISHED.remedy,
        do_not=half_open.PEER_VANISHED.do_not,
    )


def _confidence(facts: Facts, row: int, side: int, probing: Mask) -> float:
    tries = int(facts.connections.side(side).keepalive_run[row] if probing[row] else facts.connections.side(side).run[row])
    return min(0.97, 0.65 + 0.07 * tries)


def _cause(idle_ns: int, *, alive: bool) -> Text:
    if alive:
        return msg(
            "The host is alive in other connections: this one is swallowed on the path, or its packets do not reach the host any more."
        )
    if idle_ns >= MINUTE_NS:
        values = {"idle": format_duration(idle_ns)}
        return msg(
            "Nothing had been sent for {idle} before: a NAT or firewall may have forgotten the connection, or the host is gone.",
            **values,
        )
    return msg("The host lost power or network, crashed, or the path to it is gone; which of these the capture cannot show.")


def _evidence(facts: Facts, row: int, side: int, since_ns: Column, probing: Mask) -> list[Evidence]:
    me = facts.connections.side(side)
    if probing[row]:
        text = msg("{count} keepalive probes in a row, none answered", count=int(me.keepalive_run[row]))
        frames = facts.frames(row, (1 - side, "last_frame"), (side, "last_frame"))
    else:
        values = {"count": int(me.run[row]), "bytes": format_count(int(me.run_payload[row]))}
        text = msg("one segment of {bytes} bytes repeated {count} times", **values)
        frames = facts.frames(row, (1 - side, "last_frame"), (side, "retransmit_frame"), (side, "last_frame"))
    waited = format_duration(int(me.last_ns[row] - since_ns[row]))
    absence = msg("no packet came back for {waited}", waited=waited)
    return [PacketsEvidence(text, row, frames), AbsenceEvidence(absence, row, int(since_ns[row]), int(me.last_ns[row]))]
