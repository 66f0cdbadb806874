"""Repeated data segments of one direction: lost, needless, or never answered.

A repetition is no loss by itself.  It was *needless* where the receiver showed that the original had arrived: it had acknowledged it
before, reports it as received twice (D-SACK, RFC 2883), or echoes the original's timestamp (Eifel detection, RFC 3522).  It is
*unanswered* where it belongs to a run of repetitions that nothing ended: then not the path loses packets, the other end is gone or out of
reach. What is left was lost and repaired."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group, Mask, Rows, Vantage
from estab.diagnose.finding import Remedy, RemedyScope
from estab.diagnose.grouping import Grouping
from estab.instant import SECOND_NS, format_duration
from estab.text import Text, format_count, format_percent, msg
from estab.track.records import FAST_OPEN_DATA, FAST_OPEN_USED

STRONGER = (
    "half_open.peer_vanished",
    "half_open.peer_restarted",
    "middlebox.idle_timeout",
    "handshake.accept_queue_overflow",
    "handshake.fake_established",
    "path.pmtu_black_hole",
    "path.pmtu_reduced",
)
"""Causes whose repetitions are their consequence, not a loss of its own."""

UNANSWERED_RUN = 2
"""Repetitions of one segment in a row without an answer, from which on silence is the matter and not loss."""
FEW = 3
LOSSY_SHARE = 0.01
"""Above this share of lost segments congestion control that takes loss for congestion is held down (RFC 3649 §1)."""
LONG_WAIT_NS = SECOND_NS
NOTICED_WAIT_NS = 200_000_000
LARGE_PART = 5
MOSTLY = 0.8


@dataclass(frozen=True, slots=True)
class Direction:
    """Columns over the data that one side sent, one entry a connection; counts are segments."""

    side: int
    sent: Column
    """Data segments on the wire, repetitions included; of super-segments their MSS-sized parts."""
    repeated: Column
    needless: Column
    unanswered: Column
    lost: Column
    """Repeated, neither needlessly nor without an answer."""
    lost_before: Column
    """Of these: the original never passed the capture point."""
    timeouts: Column
    """Timers that ran out over a segment that was then repaired, first tail probes not among them."""
    waited_ns: Column
    """Silence before the repetitions that timers made."""


def direction(facts: Facts, side: int) -> Direction:
    """What `side` sent in every connection; several rules ask, it is measured once."""
    return facts.once(_measure, side)


def _measure(facts: Facts, side: int) -> Direction:
    connections = facts.connections
    me, peer = connections.side(side), connections.side(1 - side)
    mss = np.where(peer.mss > 0, peer.mss, 1460)
    packets = np.where(connections.mirrored(side), me.data_packets - me.data_packets // 2, me.data_packets)
    refused = facts.side_marked(side, FAST_OPEN_DATA) & ~facts.marked(FAST_OPEN_USED)  # the SYN was taken, its data was not
    repeated = np.maximum(me.retransmit_data - refused, 0)
    needless = np.minimum(repeated, np.maximum(np.maximum(me.unneeded, me.undone), me.dsack_repeats))
    silent = (me.run >= UNANSWERED_RUN) & (me.run_payload > 0)
    unanswered = np.minimum(repeated - needless, np.where(silent, me.repeats_open, 0))
    lost = np.where(facts.one_way, 0, repeated - needless - unanswered)
    return Direction(
        side=side,
        sent=np.maximum(packets, me.payload_bytes // mss),
        repeated=repeated,
        needless=needless,
        unanswered=unanswered,
        lost=lost,
        lost_before=np.minimum(lost, me.lost_before),
        timeouts=np.minimum(np.maximum(me.timeouts - unanswered - me.undone, 0), lost),
        waited_ns=np.where(lost > 0, me.repeat_wait_ns, 0),
    )


def is_lossy(found: Direction, rows: Rows) -> bool:
    """Whether these connections lose so often that the path is at fault, not chance."""
    lost, sent = int(found.lost[rows].sum()), int(found.sent[rows].sum())
    return lost >= FEW and lost >= LOSSY_SHARE * max(sent, 1)


def are_lossy(found: Direction, places: Grouping[Group]) -> Mask:
    """The same for each place."""
    lost, sent = places.total(found.lost), places.total(found.sent)
    return np.asarray((lost >= FEW) & (lost >= LOSSY_SHARE * np.maximum(sent, 1)))


def waits_hurt(facts: Facts, waited_ns: Column) -> Mask:
    """Connections that waiting for timers cost noticeably: a second, or a fifth of their time."""
    large = (waited_ns >= NOTICED_WAIT_NS) & (LARGE_PART * waited_ns >= np.maximum(facts.duration_ns, 1))
    return np.asarray((waited_ns >= LONG_WAIT_NS) | large)


def groups(facts: Facts, mask: Mask, worst: Column) -> Grouping[Group]:
    """The masked connections by listener, each group's worst first."""
    return facts.group_by_server(mask, worst)


def kin(facts: Facts, row: int) -> Rows:
    """The connections of the same listener that came about."""
    rows = facts.rows_to_server(row)
    return rows[facts.established[rows]]


def ends(facts: Facts, group: Group, side: int) -> dict[str, object]:
    """Names of the sender and the receiver of a direction, for texts."""
    clients: object = facts.connections.endpoint(int(group.rows[0]), CLIENT).address
    if facts.distinct_clients(group.rows) > 1:
        clients = msg("its clients ({count} addresses)", count=format_count(facts.distinct_clients(group.rows)))
    server = str(group.endpoint)
    return {"sender": server, "receiver": clients} if side == SERVER else {"sender": clients, "receiver": server}


def where(facts: Facts, found: Direction, rows: Rows, names: dict[str, object]) -> Text:
    """On which side of the capture point the losses happened."""
    lost, before = int(found.lost[rows].sum()), int(found.lost_before[rows].sum())
    if before >= MOSTLY * lost:
        return msg("The originals never passed the capture point: they were lost between {sender} and it.", **names)
    if before > (1 - MOSTLY) * lost:
        return msg("Some were lost before the capture point, some behind it: the loss is not at one place.")
    beside = Vantage.CLIENT if found.side == SERVER else Vantage.SERVER
    if (facts.vantage[rows] == int(beside)).mean() >= MOSTLY:
        return msg(
            "The originals passed the capture point, which is beside {receiver}: they were dropped inside that host or right before it "
            "(packet filter, receive queue, driver).",
            **names,
        )
    return msg("The originals passed the capture point: they were lost between it and {receiver}.", **names)


def first_repetition(facts: Facts, side: int, row: int) -> tuple[int, ...]:
    """The frame of a side's first repetition, where that was no SYN."""
    me = facts.connections.side(side)
    if int(me.retransmit_syn[row]) or int(me.retransmit_syn_ack[row]):
        return ()
    return facts.frames(row, (side, "retransmit_frame"))


def repetition(facts: Facts, side: int, row: int, which: str) -> tuple[int, ...]:
    """The frame of a certain repetition: `run_max_frame`, the first of the longest run; `wait_frame`, that after the longest silence; or
    `probe_frame`, the first tail probe."""
    return facts.frames(row, (side, which))


def kinds(facts: Facts, found: Direction, rows: Rows) -> Text:
    """How the losses were noticed."""
    me = facts.connections.side(found.side)
    fast, timers = int(me.fast_retransmits[rows].sum()), int(found.timeouts[rows].sum())
    values = {"fast": format_count(fast), "timers": format_count(timers), "probes": format_count(int(me.tail_probes[rows].sum()))}
    return msg("{fast} repeated on duplicate ACKs or SACK, {timers} timeouts, {probes} tail probes", **values)


def waiting(waited_ns: int) -> str:
    """A waiting time, for a text."""
    return format_duration(waited_ns)


def remedies() -> list[Remedy]:
    """What to do about a path that loses packets, in safe order."""
    return [
        Remedy(
            RemedyScope.HOST,
            msg("Find the hop that drops: interface errors and drops (ip -s link, ethtool -S), queues (tc -s qdisc), policers, Wi-Fi."),
        ),
        Remedy(
            RemedyScope.HOST,
            msg("Capture at the other end at the same moment: what is seen at one end and not at the other was lost in between."),
        ),
    ]


def share(part: int, whole: int) -> str:
    """A share in percent, for a text."""
    return format_percent(part / whole if whole else 0.0)
