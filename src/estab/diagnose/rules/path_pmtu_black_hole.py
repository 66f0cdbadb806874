"""Long packets vanish, short ones pass, and nobody says so: a path MTU black hole.

What it sees
    Small segments are acknowledged, but the first segment that is longer than 1,280 bytes as a packet never is, however often it is sent
    again, and no ICMP message asks for shorter ones.  Or: the same data gets through at once when the sender cuts it smaller.

Why it matters
    Handshakes and small requests work, the first large answer or upload hangs: a TLS certificate, a POST, a file.  It lasts until the
    connection is given up.

Evidence required
    At least two repetitions of a long segment by timers without an answer, no long segment ever acknowledged before in either direction,
    nothing short outstanding that would have been answered, no ICMP.  That the other end still answers meanwhile, or takes smaller
    pieces, makes it certain, whatever came the other way.

What else looks like this
    An end that vanished just then answers nothing at all, short segments included (`half_open.peer_vanished`).  With ICMP it is ordinary
    path MTU discovery (`path.pmtu_reduced`).

What to do
    Let ICMP type 3 code 4 and ICMPv6 type 2 pass.  Correct the tunnel's MTU, or clamp the MSS at the tunnel.  tcp_mtu_probing=1 lets
    senders help themselves.

References
    RFC 2923 §2.1; RFC 1191; RFC 8201; RFC 4821; net/ipv4/tcp_timer.c tcp_mtu_probing
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import path
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg
from estab.track.records import FIN_SENT, HAS_ACKED
from estab.track.sending import LARGE_BYTES

RULE = Rule(
    code="path.pmtu_black_hole",
    title=msg("Long packets vanish without a word: path MTU black hole"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES, Need.TIMES}),
    knobs=("tcp_mtu_probing", "tcp_base_mss"),
    references=("RFC 2923 §2.1", "RFC 1191", "RFC 8201", "RFC 4821"),
)

TIMERS = 2
CERTAIN, LIKELY = 0.95, 0.75


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction in which long packets vanish."""
    for side in (SERVER, CLIENT):
        stuck, cured = _stuck(facts, side), _cured(facts, side)
        places = losses.groups(facts, stuck | cured, facts.connections.side(side).timeouts)
        yield from tell(places, functools.partial(_describe, facts, side=side, stuck=stuck), severe=places.largest(stuck))


def _stuck(facts: Facts, side: int) -> Mask:
    """A long segment was repeated to the end without an answer, and nothing but long segments is outstanding or unreported."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    never_passed = (me.large_end > 0) & (me.acked < me.large_end) & ((me.marks & HAS_ACKED) != 0)
    insisting = (me.timeouts >= TIMERS) & (me.run >= TIMERS) & (me.run_payload > LARGE_BYTES)
    return np.asarray(
        never_passed
        & insisting
        & (_only_long(facts, side) & ~_long_came(facts, side) | _answers(facts, side))
        & _silent_path(facts)
        & (peer.packets > 0)
    )


def _only_long(facts: Facts, side: int) -> Mask:
    """What is outstanding divides into full segments: no short one among them stayed without an answer."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    full = np.maximum(me.run_payload, 1)
    rest = (me.snd_max - me.acked) % full
    fin = np.where((me.marks & FIN_SENT) != 0, 1, 0)
    return np.asarray(((rest <= fin) | (rest > LARGE_BYTES)) & (peer.mss != 0))


def _long_came(facts: Facts, side: int) -> Mask:
    """Long segments of the other end passed the path that is suspected: a link's MTU is mostly the same both ways."""
    peer = facts.connections.side(1 - side)
    return np.asarray((peer.large_end > 0) & (peer.acked >= peer.large_end))


def _answers(facts: Facts, side: int) -> Mask:
    """The other end spoke after the first repetition, or reported later, shorter segments as arrived."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    spoke = (
        (me.retransmit_first_ns > 0)
        & (peer.last_ns > me.retransmit_first_ns)
        & (me.retransmits > me.retransmit_syn + me.retransmit_syn_ack)
    )
    return np.asarray(spoke | (peer.sack_high > me.acked))


def _cured(facts: Facts, side: int) -> Mask:
    """After timeouts a long segment was cut smaller, and the pieces were acknowledged."""
    me = facts.connections.side(side)
    return np.asarray(
        (me.shrinks > 0) & (me.timeouts >= TIMERS) & (me.run_max >= TIMERS) & (me.acked >= me.large_end) & _silent_path(facts)
    )


def _silent_path(facts: Facts) -> Mask:
    return np.asarray((facts.connections.icmp_mtu == 0) & ~facts.one_way & facts.established)


def _describe(facts: Facts, group: Group, side: int, stuck: Mask) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    names, hangs = losses.ends(facts, group, side), bool(stuck[rows].any())
    certain = bool((_answers(facts, side)[rows] | ~stuck[rows]).any())
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=RULE.severity if hangs else Severity.WARNING,
        confidence=CERTAIN if certain else LIKELY,
        title=msg("Long packets from {sender} to {receiver} vanish", **names),
        summary=_summary(facts, row, side, names, hangs=hangs),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=msg("A link on the way has a smaller MTU, and the ICMP messages that would say so are dropped or never sent."),
        evidence=_evidence(facts, row, side),
        ruled_out=_ruled_out(certain=certain),
        remedy=path.PMTU_BLACK_HOLE.remedy,
        do_not=path.PMTU_BLACK_HOLE.do_not,
    )


def _summary(facts: Facts, row: int, side: int, names: dict[str, object], *, hangs: bool) -> Text:
    me = facts.connections.side(side)
    if hangs:
        values = {"size": format_count(int(me.run_payload[row])), "count": format_count(int(me.run[row])), **names}
        return msg(
            "{sender} sent a segment of {size} bytes {count} times more without an answer; all short ones had been acknowledged.", **values
        )
    values = {"size": format_count(int(me.max_payload[row])), "piece": format_count(int(me.shrunk_payload[row])), **names}
    return msg("Segments of {size} bytes from {sender} were never answered; pieces of {piece} bytes got through at once.", **values)


def _evidence(facts: Facts, row: int, side: int) -> list[Evidence]:
    me = facts.connections.side(side)
    size = format_count(int(me.run_payload[row]) or int(me.max_payload[row]))
    frames = losses.repetition(facts, side, row, "run_max_frame")
    found: list[Evidence] = [PacketsEvidence(msg("a long segment for the second time"), row, frames)] if frames else []
    values = {"timers": format_count(int(me.timeouts[row])), "size": size, "waited": losses.waiting(int(me.repeat_wait_ns[row]))}
    found.append(CounterEvidence(msg("{timers} timers ran out, {waited} of waiting", **values), "timeouts", 0, int(me.timeouts[row])))
    proved = format_count(int(me.proved_payload[row]))
    found.append(
        CounterEvidence(
            msg("the longest segment that was acknowledged had {size} bytes", size=proved), "proved_payload", 0, int(me.proved_payload[row])
        )
    )
    return found


def _ruled_out(*, certain: bool) -> list[RuledOut]:
    because = msg("every unanswered segment is a long one, and shorter ones were acknowledged until then")
    if certain:
        because = msg("the other end answered, or took shorter pieces, meanwhile")
    return [RuledOut("half_open.peer_vanished", because), RuledOut("path.pmtu_reduced", msg("no ICMP message asked for shorter packets"))]
