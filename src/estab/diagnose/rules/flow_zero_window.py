"""A receiver closes its window: its application does not read.

What it sees
    A side announces a receive window of 0 and leaves it closed for a noticeable time; the sender may only probe (RFC 9293 §3.8.6.1).

Why it matters
    The transfer stands still although both hosts and the path are well.  A sender never gives up by itself as long as its probes are
    answered, so a reader that hangs holds both ends for ever.

Evidence required
    The packet that closed the window, and how long it stayed closed.  Short closings that cost little of a connection are a note.

What else looks like this
    A vanished host does not answer probes (`half_open.peer_vanished`).  A window that is small but open is `flow.receiver_limited`.
    The window field of a RST means nothing.

What to do
    Find what the reading application waits for.  Larger buffers only delay the same stop; TCP_USER_TIMEOUT bounds the wait.

References
    RFC 9293 §3.8.6.1, §3.8.6.2.1; RFC 6429; net/ipv4/tcp_output.c tcp_send_probe0
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import flow
from estab.diagnose.compose import finding, hit_of, owner
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group, Mask
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, SECOND_NS, format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="flow.zero_window",
    title=msg("A receiver's window is closed: its application does not read"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES}),
    knobs=("tcp_rmem", "TCP_USER_TIMEOUT"),
    references=("RFC 9293 §3.8.6.1", "RFC 6429"),
)

NOTICEABLE_NS = 200 * MILLISECOND_NS
"""The first probe comes after a retransmission timeout of at least this (TCP_RTO_MIN of Linux); a shorter closing cost no probe."""
LONG_NS = SECOND_NS
PROBES_WITHIN_NS = 120 * SECOND_NS
"""Two probes are never further apart (TCP_RTO_MAX of Linux); of a connection that is silent for longer nothing is known."""
LARGE_SHARE = 0.2
"""Of a connection's time."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener, and each client host, whose windows close."""
    for side in (SERVER, CLIENT):
        me = facts.connections.side(side)
        closed_ns, longest_ns = _closed_ns(facts, side)
        places = facts.group_by_side(np.asarray(me.zero_windows > 0), side, closed_ns)
        hurt = _hurt(facts, closed_ns, longest_ns)
        describe = functools.partial(_describe, facts, closed_ns=closed_ns, longest_ns=longest_ns, hurt=hurt, side=side)
        yield from tell(places, describe, severe=places.largest(hurt), badness=places.largest(longest_ns))


def _closed_ns(facts: Facts, side: int) -> tuple[Column, Column]:
    """For each connection how long this side's window was closed altogether and at the longest, up to a reset or the end."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    seen_ns = np.minimum(facts.last_ns, facts.connections.last_ns + PROBES_WITHIN_NS)
    until_ns = np.where(me.rst_ns > 0, me.rst_ns, np.where(peer.rst_ns > 0, peer.rst_ns, seen_ns))
    open_end_ns = np.where(facts.connections.still_zero(side) & (me.zero_since_ns > 0), np.maximum(until_ns - me.zero_since_ns, 0), 0)
    return np.asarray(me.zero_window_ns + open_end_ns), np.asarray(np.maximum(me.zero_longest_ns, open_end_ns))


def _hurt(facts: Facts, closed_ns: Column, longest_ns: Column) -> Mask:
    """Connections that it cost noticeably: a second at once, or a fifth of their time."""
    share = closed_ns / np.maximum(facts.duration_ns, 1)
    return np.asarray((longest_ns >= LONG_NS) | ((longest_ns >= NOTICEABLE_NS) & (share >= LARGE_SHARE)))


def _describe(facts: Facts, group: Group, closed_ns: Column, longest_ns: Column, hurt: Mask, side: int) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    name = str(group.endpoint) if side == SERVER else group.endpoint.address
    kin = facts.rows_to_server(row) if side == SERVER else facts.rows_from_client(row)
    severity = RULE.severity if hurt[rows].any() else Severity.INFO
    values = {"owner": name, "longest": format_duration(int(longest_ns[rows].max())), "total": format_duration(int(closed_ns[rows].sum()))}
    return finding(
        facts,
        RULE,
        subject=owner(group, side),
        rows=rows,
        severity=severity,
        confidence=0.9 if severity is Severity.INFO else 0.97,
        title=msg("{owner} does not read: its receive window is closed", owner=name),
        summary=msg("{owner} announced a window of 0 and stopped the sender, once for {longest}, altogether for {total}.", **values),
        hit=hit_of(facts, rows, kin[facts.established[kin]]),
        cause=_cause(facts, row, side),
        evidence=_evidence(facts, row, int(longest_ns[row]), side),
        ruled_out=_ruled_out(facts, row, side),
        remedy=flow.ZERO_WINDOW.remedy,
        do_not=flow.ZERO_WINDOW.do_not,
    )


def _cause(facts: Facts, row: int, side: int) -> Text:
    if facts.connections.still_zero(side)[row] and facts.reset[row]:
        return msg("The receive buffer was full because the application did not read; it was still full when the connection was reset.")
    if facts.connections.still_zero(side)[row]:
        return msg("The receive buffer is full because the application does not read; it was still full when the capture ended.")
    return msg("The receive buffer filled up because the application read too slowly for a while; it went on later.")


def _evidence(facts: Facts, row: int, longest_ns: int, side: int) -> list[Evidence]:
    sender, receiver = facts.connections.side(1 - side), facts.connections.side(side)
    found: list[Evidence] = [
        PacketsEvidence(
            msg("window 0 announced, closed for {longest}", longest=format_duration(longest_ns)),
            row,
            facts.frames(row, (side, "zero_frame")),
        )
    ]
    probes = int(sender.window_probes[row])
    if probes:
        values = {"probes": format_count(probes), "answered": format_count(int(sender.probes_answered[row]))}
        found.append(CounterEvidence(msg("{probes} window probes, {answered} answered", **values), "window_probes", 0, probes))
    closings = int(receiver.zero_windows[row])
    if closings > 1:
        found.append(CounterEvidence(msg("the window closed {count} times", count=format_count(closings)), "zero_windows", 0, closings))
    return found


def _ruled_out(facts: Facts, row: int, side: int) -> list[RuledOut]:
    found = [RuledOut("loss.retransmission", msg("the receiver itself said stop; nothing was lost"))]
    if int(facts.connections.side(1 - side).probes_answered[row]):
        found.append(RuledOut("half_open.peer_vanished", msg("the receiver's host answers the probes")))
    return found
