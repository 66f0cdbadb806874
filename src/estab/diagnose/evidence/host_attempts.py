"""Attempts to connect of a live host that began or ended between two snapshots: too short for a table, but told when they ended."""

from __future__ import annotations

import numpy as np

from estab.diagnose.between import EndedPlace, Ending
from estab.diagnose.finding import Evidence, SocketName
from estab.diagnose.host_compose import OWNERS_NAMED, SOCKETS_NAMED, ended_reading, process_evidence, spell_owner
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import socket_name
from estab.snapshot import Owner
from estab.text import format_count, msg

READINGS = ("segs_out", "segs_in", "total_retrans")


def refused(facts: HostFacts) -> list[EndedPlace]:
    """Destinations that answered attempts with anything but a SYN-ACK, the one with the most first; none where nobody listened.

    What failed within a blocking connect() was refused where the counters know of no timeout.
    """
    if facts.between is None:
        return []
    endings = (Ending.REFUSED,) if facts.moved("TcpExt.TCPAbortOnTimeout") else (Ending.REFUSED, Ending.FAILED)
    return facts.between.places(facts.between.mask(*endings))


def given_up(facts: HostFacts) -> list[EndedPlace]:
    """Destinations of attempts that repeated their SYN and were given up without any answer; none where nobody listened."""
    between = facts.between
    return [] if between is None else between.places(between.mask(Ending.UNANSWERED) & (between.t["total_retrans"] >= 1))


def most_repeats(facts: HostFacts, place: EndedPlace) -> int:
    """Repetitions of the attempt at a place that tried longest."""
    return 0 if facts.between is None else int(facts.between.t["total_retrans"][place.group.rows].max())


def openers(place: EndedPlace) -> tuple[Owner, ...]:
    """The processes that connected there, the busiest first."""
    return tuple(owner for owner, _ in place.openers[:OWNERS_NAMED])


def names(facts: HostFacts, place: EndedPlace) -> tuple[SocketName, ...]:
    """The attempts whose ends are known, as far as findings name sockets."""
    if facts.between is None:
        return ()
    rows = place.group.rows[facts.between.t["remote_port"][place.group.rows] > 0]
    return tuple(socket_name(facts.between.t.table, row) for row in rows[:SOCKETS_NAMED].tolist())


def evidence(facts: HostFacts, place: EndedPlace) -> list[Evidence]:
    """What an attempt had sent and got when it ended, and who made them."""
    told: list[Evidence] = []
    if facts.between is not None:
        table, rows = facts.between.t, place.group.rows[facts.between.t["segs_out"][place.group.rows] > 0]
        told += [ended_reading(table.table, int(rows[np.argmax(table["total_retrans"][rows])]), *READINGS)] if len(rows) else []
    for owner, count in place.openers[:OWNERS_NAMED]:
        text = msg("{owner} connected there {count} times", owner=spell_owner(owner), count=format_count(count))
        told.append(process_evidence(text, owner, connected=count))
    return told
