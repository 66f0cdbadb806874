"""A device on the path has forgotten an idle connection.

What it sees
    After a silence of both ends the first segment is answered by a RST from another distance than the peer's; or it is never answered,
    although the peer's host speaks in other connections meanwhile.

Why it matters
    Both programs believe in the connection.  The next request after a pause fails at once (RST) or hangs for many minutes
    (silent drop), and works after a reconnect.

Evidence required
    The silence before, the segment that began anew, and what it met: a RST from elsewhere, or nothing while the host is alive.

What else looks like this
    The peer itself has forgotten: the RST comes from its own distance (`half_open.peer_restarted`).  The peer is gone altogether
    (`half_open.peer_vanished`); where no other connection shows that its host lives, the two cannot be told apart.

What to do
    Send something more often than the shortest idle timeout on the path: a heartbeat, or keepalive with a short idle time; let pools
    close idle connections sooner.

References
    RFC 5382 §5; RFC 9293 §3.8.4; net/netfilter/nf_conntrack_proto_tcp.c
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import middlebox
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence import silence
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.evidence.resets import IDLE_NS, Kind, Resets
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Mask
from estab.diagnose.finding import AbsenceEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="middlebox.idle_timeout",
    title=msg("A device on the path forgets idle connections"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS}),
    knobs=("SO_KEEPALIVE", "TCP_KEEPIDLE", "TCP_USER_TIMEOUT", "tcp_keepalive_time", "nf_conntrack_tcp_timeout_established"),
    references=("RFC 5382 §5", "RFC 9293 §3.8.4"),
    yields_to=("attack.blind_rst", "rst.injected", "handshake.accept_queue_overflow", "path.pmtu_black_hole"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener whose connections are forgotten: by RST, and by silence."""
    free = facts.unclaimed(RULE.yields_to)
    if facts.reset.any():
        resets = facts.once(Resets)
        idle_ns = resets.spread(resets.idle_ns)
        for side in (SERVER, CLIENT):
            forgetful = places(facts, resets.mask(Kind.FORGOTTEN_ON_PATH, side) & free, SERVER)
            yield from tell(forgetful, functools.partial(_describe, facts, idle_ns=idle_ns, side=side, silent=False))
    for side in (CLIENT, SERVER):
        lost = _swallowed(facts, side) & free
        if lost.any():
            before_ns = silence.idle_before_ns(facts, side)
            yield from tell(places(facts, lost, SERVER), functools.partial(_describe, facts, idle_ns=before_ns, side=side, silent=True))


def _swallowed(facts: Facts, side: int) -> Mask:
    """What this side sends after a silence is not answered, and the other host is alive."""
    unheard = silence.repeats_unheard(facts, side)
    if not unheard.any():
        return unheard
    alive = silence.alive_meanwhile(facts, side, silence.silent_since_ns(facts, side))
    return np.asarray(unheard & alive & (silence.idle_before_ns(facts, side) >= IDLE_NS))


def _describe(facts: Facts, place: Place, idle_ns: Column, side: int, *, silent: bool) -> Finding:
    """`side` sent the RST, or what was never answered."""
    rows = place.rows[np.argsort(-idle_ns[place.rows], kind="stable")]
    shortest, longest = int(idle_ns[rows].min()), int(idle_ns[rows].max())
    values = {"count": format_count(len(rows)), "name": place.name, "shortest": format_duration(shortest)}
    summary = (
        msg(
            "{count} connections to {name} were swallowed on the path: what was sent after {shortest} of silence was never answered.",
            **values,
        )
        if silent
        else msg("{count} connections to {name} were reset on the path by the first segment after {shortest} of silence.", **values)
    )
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        confidence=0.75 if silent else 0.9,
        title=msg("A device on the path forgets idle connections to {name}", name=place.name),
        summary=summary,
        hit=hit_of(facts, rows, place.kin),
        cause=msg(
            "A NAT, firewall or load balancer removed its entry for the idle connection; its timeout is at most {shortest}.", **values
        ),
        evidence=_evidence(facts, int(rows[0]), longest, side, silent=silent),
        ruled_out=_ruled_out(silent=silent),
        remedy=middlebox.IDLE_TIMEOUT.remedy,
        do_not=middlebox.IDLE_TIMEOUT.do_not,
    )


def _evidence(facts: Facts, row: int, idle_ns: int, side: int, *, silent: bool) -> list[Evidence]:
    idle = format_duration(idle_ns)
    if silent:
        me = facts.connections.side(side)
        frames = facts.frames(row, (side, "retransmit_frame"), (side, "last_frame"))
        text = msg("{repeats} repetitions of the first segment after {idle} of silence", repeats=int(me.run[row]), idle=idle)
        alive = msg("no answer, although the same host speaks in other connections meanwhile")
        return [
            PacketsEvidence(text, row, frames),
            AbsenceEvidence(alive, row, int(me.flight_ns[row]), int(me.last_ns[row])),
        ]
    me = facts.connections.side(side)
    values = {"odd": int(me.rst_ttl[row]), "usual": int(me.ttl[row])}
    return [
        PacketsEvidence(
            msg("the first segment after {idle} of silence is answered by RST", idle=idle), row, facts.frames(row, (side, "rst_frame"))
        ),
        PacketsEvidence(
            msg("the RST came with a TTL of {odd}; the endpoint's own packets come with {usual}", **values),
            row,
            facts.frames(row, (side, "first_frame"), (side, "rst_frame")),
        ),
    ]


def _ruled_out(*, silent: bool) -> list[RuledOut]:
    because: Text = (
        msg("the host is alive: it speaks in other connections")
        if silent
        else msg("a RST of the host itself would have come as far as its other packets")
    )
    return [RuledOut("half_open.peer_vanished" if silent else "half_open.peer_restarted", because)]
