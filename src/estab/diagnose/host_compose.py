"""Makes a finding of a rule over a live host: names, owners, readings and old values are filled in here; rules hold only thought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from estab.diagnose.advice.declare import Advice, for_host
from estab.diagnose.finding import (
    CounterEvidence,
    Evidence,
    Finding,
    KnobEvidence,
    ProcessEvidence,
    RuledOut,
    Severity,
    SnapshotEvidence,
    SocketName,
    Subject,
    SubjectKind,
)
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import NO_ROWS, HostGroup
from estab.diagnose.host_table import Rows, end_keys, socket_name
from estab.diagnose.rule import Rule
from estab.flow import Endpoint
from estab.instant import MICROSECOND_NS, MILLISECOND_NS, format_duration
from estab.knobs.catalog import KNOBS
from estab.snapshot import Owner, TimerKind
from estab.snapshot_table import SocketArray
from estab.text import Text, format_count, msg

SOCKETS_NAMED = 20
"""Sockets that a finding names; `count` tells how many there are."""
OWNERS_NAMED = 5

THIS_HOST = Subject(SubjectKind.HOST)
NO_ADVICE = Advice()


def finding(
    facts: HostFacts,
    rule: Rule,
    *,
    summary: Text,
    cause: Text,
    evidence: Sequence[Evidence],
    confidence: float,
    subject: Subject = THIS_HOST,
    rows: Rows = NO_ROWS,
    gone: Rows = NO_ROWS,
    severity: Severity | None = None,
    title: Text | None = None,
    count: int | None = None,
    hit: Text | None = None,
    owners: Sequence[Owner] | None = None,
    ruled_out: Sequence[RuledOut] = (),
    advice: Advice = NO_ADVICE,
) -> Finding:
    """A finding about these sockets (`rows`, worst first) or about sockets of the EARLIER table that have `gone`."""
    told = for_host(advice, facts.knob)
    members = np.asarray(rows, np.int64)
    named = [facts.t.name(row) for row in members[:SOCKETS_NAMED].tolist()]
    named += [socket_name(facts.t.earlier, row) for row in gone[: SOCKETS_NAMED - len(named)].tolist()]
    held_by = (*facts.owners(members), *facts.owners_of_gone(gone)) if owners is None else owners
    return Finding(
        code=rule.code,
        severity=severity or rule.severity,
        confidence=confidence,
        title=title or rule.title,
        summary=summary,
        subject=subject,
        count=max(1, len(members) + len(gone)) if count is None else count,
        members=members,
        evidence=tuple(evidence),
        cause=cause,
        hit=hit,
        ruled_out=tuple(ruled_out),
        remedy=told.remedy,
        do_not=told.do_not,
        references=rule.references,
        first_ns=facts.before.taken_ns,
        last_ns=facts.after.taken_ns,
        sockets=tuple(named),
        owners=tuple({owner.pid: owner for owner in held_by}.values())[:OWNERS_NAMED],
    )


# --- subjects ----------------------------------------------------------------------------------------------------------------------


def place(group: HostGroup) -> Subject:
    """The subject of a finding about a group: a listener of this host, a destination, or another host."""
    if not group.endpoint.port:
        return Subject(SubjectKind.HOST, group.endpoint.address)
    kind = SubjectKind.LISTENER if group.inbound else SubjectKind.PATH
    return Subject(kind, group.endpoint.address, group.endpoint.port)


def listener(endpoint: Endpoint) -> Subject:
    """The subject of a finding about a listener of this host."""
    return Subject(SubjectKind.LISTENER, endpoint.address, endpoint.port)


def process(owner: Owner) -> Subject:
    """The subject of a finding about a process."""
    return Subject(SubjectKind.PROCESS, name=spell_owner(owner))


def setting(name: str) -> Subject:
    """The subject of a finding about a setting."""
    return Subject(SubjectKind.SETTING, name=KNOBS[name].kernel_path)


def spell_owner(owner: Owner) -> str:
    """A process as people name it: `nginx (pid 812)`."""
    return f"{owner.command} (pid {owner.pid})"


def name_of(group: HostGroup, owners: Sequence[Owner]) -> str:
    """A listener with the process behind it, or a destination: `nginx (pid 812) at 10.0.0.1:80`."""
    return f"{spell_owner(owners[0])} · {group}" if owners else str(group)


# --- evidence ----------------------------------------------------------------------------------------------------------------------


def counters(facts: HostFacts, *names: str) -> list[Evidence]:
    """For each of these counters that moved: by how much, and within what time."""
    return [counter(facts, name) for name in names if facts.moved(name)]


def counter(facts: HostFacts, name: str) -> CounterEvidence:
    """A counter's movement."""
    moved = facts.moved(name)
    values = {"counter": name, "moved": format_count(moved), "time": format_duration(facts.interval_ns)}
    return CounterEvidence(
        msg("{counter} +{moved} within {time}", **values), name, facts.before.counters.get(name, 0), facts.after.counters.get(name, 0)
    )


def reading(facts: HostFacts, row: int, *names: str) -> SnapshotEvidence:
    """Columns of one socket, as they are now."""
    return _reading(facts.t.table, row, names)


def gone_reading(facts: HostFacts, row: int, *names: str) -> SnapshotEvidence:
    """Columns of a socket that has gone since, as they were."""
    return _reading(facts.t.earlier, row, names)


def ended_reading(table: SocketArray, row: int, *names: str) -> SnapshotEvidence:
    """Columns of a socket that ended between the snapshots, as they were last."""
    return _reading(table, row, names)


def _reading(table: SocketArray, row: int, names: Iterable[str]) -> SnapshotEvidence:
    record = table[row]
    readings: dict[str, Any] = {name: _plain(record[name]) for name in names}
    socket: SocketName = socket_name(table, row)
    told = ", ".join(f"{_bare(name)} {spell_reading(name, value)}" for name, value in readings.items())
    text = msg("{socket} in {state}: {readings}", socket=str(socket), state=socket.state.label, readings=told)
    return SnapshotEvidence(text, socket, readings)


def _plain(value: Any) -> int | str:
    return value.decode(errors="replace") if isinstance(value, bytes) else int(value)


_UNITS = ("_bytes", "_segments", "_ms", "_us", "_per_s")


def _bare(name: str) -> str:
    for unit in _UNITS:
        name = name.removesuffix(unit)
    return name


def spell_reading(name: str, value: int | str) -> str:
    """A reading for people: times with their unit, counts in groups of three.

    >>> spell_reading("rto_us", 201_000), spell_reading("last_ack_recv_ms", 5020)
    ('201 ms', '5.02 s')
    """
    if isinstance(value, str):
        return value
    if name == "timer":
        return TimerKind(value).name.lower().replace("_", "-") if value in {*TimerKind} else str(value)
    if name.endswith("_us"):
        return format_duration(value * MICROSECOND_NS)
    if name.endswith("_ms"):
        return format_duration(value * MILLISECOND_NS)
    return format_count(value) + (" B" if name.endswith("_bytes") else "")


def knob(facts: HostFacts, name: str) -> list[Evidence]:
    """What a setting is; nothing where it was not read."""
    value = facts.knob(name)
    if value is None:
        return []
    path = KNOBS[name].kernel_path
    return [KnobEvidence(msg("{knob} = {value}", knob=path, value=_spaced(value)), path, _spaced(value))]


def _spaced(value: str) -> str:
    return " ".join(value.split())


def process_evidence(text: Text, owner: Owner, **readings: int | str) -> ProcessEvidence:
    """Readings of a process."""
    return ProcessEvidence(text, owner.pid, owner.command, readings)


# --- who is hit --------------------------------------------------------------------------------------------------------------------


def hit(facts: HostFacts, rows: Rows, among: int | None = None) -> Text:
    """How many sockets (of how many), and of how many peers."""
    peers = len(np.unique(end_keys(facts.t.table[rows], "remote", port=False)))
    values = {"count": format_count(len(rows)), "total": format_count(among or 0), "peers": format_count(peers)}
    if among is not None and among > len(rows):
        return msg("{count} of {total} sockets; peers: {peers}", **values)
    return msg("{count} sockets; peers: {peers}", **values)
