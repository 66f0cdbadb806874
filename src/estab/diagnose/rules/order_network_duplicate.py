"""The network delivers copies of packets; or the capture holds each packet twice.

What it sees
    One and the same IP packet (same identification, same contents) more than once; or a receiver that reports segments as received
    twice (D-SACK) which their sender, captured at its own end, has sent once.

Why it matters
    Copies cost bandwidth, and duplicate ACKs that may be taken for a loss.  Copies that only the capture holds harm nobody, but they spoil
    every count made over the file.

Evidence required
    Copies of single packets: the network's.  Practically every packet of a side twice, and no receiver that reports it: the capture
    was taken on two interfaces, before and after a router, or at a mirror port that shows both directions of a port.

What else looks like this
    A repetition by the sender is a new IP packet (`loss.retransmission`, `loss.spurious_retransmission`).

What to do
    For the network's copies look for a loop, a bond that floods, a wireless bridge.  For those of the capture: take one interface, or
    remove copies (editcap -d).

References
    RFC 2883; RFC 6864 §4
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group, Mask
from estab.diagnose.finding import (
    CounterEvidence,
    Evidence,
    Finding,
    PacketsEvidence,
    Remedy,
    RemedyScope,
    RuledOut,
    Severity,
    Subject,
    SubjectKind,
)
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="order.network_duplicate",
    title=msg("Packets are there more than once"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    references=("RFC 2883", "RFC 6864 §4"),
)

MANY = 5
NOTICED_SHARE = 0.02


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for what the capture doubled, and one for each listener and direction for which the network made copies."""
    mirrored = facts.connections.mirrored(CLIENT) | facts.connections.mirrored(SERVER)
    if mirrored.any():
        yield _describe_capture(facts, mirrored)
    for side in (SERVER, CLIENT):
        copies = _copies(facts, side)
        places = losses.groups(facts, copies > 0, copies)
        counts, packets = places.total(copies), places.kin_total(facts.connections.side(side).packets)
        severe = (counts >= MANY) & (counts >= NOTICED_SHARE * packets)
        yield from tell(places, functools.partial(_describe_network, facts, side=side, copies=copies), severe=severe, counts=counts)


def _copies(facts: Facts, side: int) -> Column:
    """Copies of this side's packets that the network made: seen here, or reported by the receiver."""
    connections = facts.connections
    me, peer = connections.side(side), connections.side(1 - side)
    seen = np.where(connections.mirrored(side), 0, np.maximum(me.duplicates - me.old_stamps, 0))  # no copies: see order.paws_drop
    sent_once = (
        (me.retransmits == 0)
        & (me.old_stamps == 0)
        & (me.keepalives == 0)
        & (me.window_probes == 0)
        & (me.duplicates == 0)
        & ~facts.one_way
    )
    reported = np.where(sent_once & (peer.dsacks > 1), peer.dsacks, 0)
    return np.maximum(seen, reported)


def _describe_capture(facts: Facts, mirrored: Mask) -> Finding:
    rows, sides = np.flatnonzero(mirrored), [facts.connections.side(side) for side in (CLIENT, SERVER)]
    copies = int(sum(side.duplicates[rows].sum() for side in sides))
    row = int(rows[0])
    frames = facts.frames(row, (CLIENT, "duplicate_frame"), (SERVER, "duplicate_frame"))
    values = {"copies": format_count(copies), "packets": format_count(int(sum(side.packets[rows].sum() for side in sides)))}
    return finding(
        facts,
        RULE,
        subject=Subject(SubjectKind.CAPTURE),
        rows=rows,
        count=copies,
        severity=Severity.INFO,
        confidence=0.9 if copies >= MANY else 0.5,
        title=msg("The capture holds packets twice"),
        summary=msg(
            "{copies} of {packets} packets are copies that the capture made: practically each packet is there more than once.", **values
        ),
        cause=msg("Two interfaces were captured, or a mirror port shows a packet where it comes in and where it goes out."),
        evidence=[
            PacketsEvidence(msg("the latest copies of this connection"), row, frames),
            CounterEvidence(msg("{copies} copies; payload is counted once", **values), "duplicates", 0, copies),
        ],
        ruled_out=[RuledOut("loss.retransmission", msg("a copy is the same IP packet; a repetition would be a new one"))],
        remedy=[Remedy(RemedyScope.HOST, msg("Capture on one interface, or remove the copies: editcap -d in.pcap out.pcap."))],
    )


def _describe_network(facts: Facts, group: Group, side: int, copies: Column) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    me, names, kin = facts.connections.side(side), losses.ends(facts, group, side), facts.rows_to_server(row)
    count, packets = int(copies[rows].sum()), int(me.packets[kin].sum())
    values = {"count": format_count(count), "packets": format_count(packets), "percent": losses.share(count, packets), **names}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=count,
        severity=RULE.severity if count >= MANY and count >= NOTICED_SHARE * packets else Severity.INFO,
        confidence=0.9,
        title=msg("The network delivers packets of {sender} more than once", **names),
        summary=msg(
            "{count} of {packets} packets from {sender} were delivered more than once ({percent} %).",
            "{count} of {packets} packets from {sender} was delivered more than once ({percent} %).",
            **values,
        ),
        hit=hit_of(facts, rows, kin[facts.established[kin]]),
        cause=msg("Something on the way copies packets: a loop or flooding in the switched network, a bond, a wireless bridge."),
        evidence=_evidence(facts, row, side),
        ruled_out=[RuledOut("loss.retransmission", msg("the sender sent these packets once: a copy is the same IP packet"))],
        remedy=[
            Remedy(
                RemedyScope.HOST,
                msg("Look for two paths in layer 2: a loop without spanning tree, a bond whose peer is not set up as one."),
            )
        ],
    )


def _evidence(facts: Facts, row: int, side: int) -> list[Evidence]:
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    result: list[Evidence] = []
    if seen := int(me.duplicates[row]):
        result.append(
            PacketsEvidence(msg("{count} copies; the latest", count=format_count(seen)), row, facts.frames(row, (side, "duplicate_frame")))
        )
    if reported := int(peer.dsacks[row]):
        text = msg("the receiver reports {count} segments as received twice (D-SACK)", count=format_count(reported))
        result.append(CounterEvidence(text, "dsacks", 0, reported))
    return result
