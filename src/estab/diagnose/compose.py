"""Makes a finding of a rule: what follows from the rule and the connections is filled in here, so that rule files hold only thought."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask, Rows
from estab.diagnose.finding import DoNot, Evidence, Finding, Remedy, RuledOut, Severity, Subject, SubjectKind
from estab.diagnose.rule import Rule
from estab.flow import Endpoint
from estab.instant import HOUR_NS, format_clock, format_duration, format_second
from estab.text import Text, format_count, msg

DAY_NS = 24 * HOUR_NS


def finding(
    facts: Facts,
    rule: Rule,
    *,
    subject: Subject,
    rows: Rows,
    summary: Text,
    cause: Text,
    evidence: Sequence[Evidence],
    confidence: float,
    severity: Severity | None = None,
    title: Text | None = None,
    count: int | None = None,
    hit: Text | None = None,
    ruled_out: Sequence[RuledOut] = (),
    remedy: Sequence[Remedy] = (),
    do_not: Sequence[DoNot] = (),
) -> Finding:
    """A finding about these connections (`rows`, worst first); title and severity are the rule's unless given."""
    return Finding(
        code=rule.code,
        severity=severity or rule.severity,
        confidence=confidence,
        title=title or rule.title,
        summary=summary,
        subject=subject,
        count=len(rows) if count is None else count,
        members=np.asarray(rows, np.int64),
        evidence=tuple(evidence),
        cause=cause,
        hit=hit,
        ruled_out=tuple(ruled_out),
        remedy=tuple(remedy),
        do_not=tuple(do_not),
        references=rule.references,
        filter=display_filter(facts, subject, rows),
        first_ns=int(facts.connections.first_ns[rows].min()) if len(rows) else facts.first_ns,
        last_ns=int(facts.connections.last_ns[rows].max()) if len(rows) else facts.last_ns,
    )


def listener(endpoint: Endpoint) -> Subject:
    """The subject of a finding about a server's address and port."""
    return Subject(SubjectKind.LISTENER, endpoint.address, endpoint.port)


def host(endpoint: Endpoint) -> Subject:
    """The subject of a finding about a host."""
    return Subject(SubjectKind.HOST, endpoint.address)


def owner(group: Group, side: int) -> Subject:
    """The subject of a finding about one side of a group made by `Facts.group_by_side`."""
    return listener(group.endpoint) if side == SERVER else host(group.endpoint)


def hit_of(facts: Facts, rows: Rows, among: Mask | Rows) -> Text:
    """Whom it hurts: how many of the connections in `among` (a mask, or rows), from how many clients, between when and when."""
    total = int(np.count_nonzero(among)) if among.dtype == np.bool_ else len(among)
    clients = facts.distinct_clients(rows)
    whose = msg("1 client address") if clients == 1 else msg("{count} client addresses", count=format_count(clients))
    share = _share(len(rows), total)
    if not facts.has_times:
        return msg("{share}, {whose}", share=share, whose=whose)
    first_ns, last_ns = int(facts.connections.first_ns[rows].min()), int(facts.connections.last_ns[rows].max())
    return msg("{share}, {whose}, {when}", share=share, whose=whose, when=_span(first_ns, last_ns))


def _share(count: int, total: int) -> Text:
    """So many connections of so many; where `total` is no more than that (the others were left out), only how many."""
    if count >= total:
        if count == 1:
            return msg("the only connection") if total else msg("1 connection")
        return msg("all {count} connections", count=format_count(count)) if total == count else msg("{count} connections", count=count)
    percent = f"{100 * count / total:.3g}"
    return msg("{count} of {total} connections ({percent} %)", count=format_count(count), total=format_count(total), percent=percent)


def _span(first_ns: int, last_ns: int) -> Text:
    """From when to when, in UTC; with the date where that is not the same day."""
    if first_ns // DAY_NS != last_ns // DAY_NS:
        return msg("{first} to {last}", first=format_second(first_ns), last=format_second(last_ns))
    first, last = format_clock(first_ns), format_clock(last_ns)
    return msg("{time} UTC", time=first) if first == last else msg("{first} to {last} UTC", first=first, last=last)


def typical(durations_ns: Rows) -> str:
    """The median of durations, for a text."""
    return format_duration(int(np.median(durations_ns))) if len(durations_ns) else format_duration(0)


def display_filter(facts: Facts, subject: Subject, rows: Rows) -> str:
    """A display filter of Wireshark: one connection by its two ends, several by their subject, else the worst by its ends.

    Written with addresses and ports and not with `tcp.stream`, whose numbers depend on the program that counts.
    """
    if len(rows) > 1 and subject.address is not None:
        return " && ".join(_ends(Endpoint(subject.address, subject.port or 0)))
    if len(rows):
        row = int(rows[0])
        return " && ".join(part for side in (CLIENT, SERVER) for part in _ends(facts.connections.endpoint(row, side)))
    return "tcp"


def _ends(endpoint: Endpoint) -> list[str]:
    protocol = "ipv6" if ":" in endpoint.address else "ip"
    parts = [f"{protocol}.addr == {endpoint.address}"]
    return [*parts, f"tcp.port == {endpoint.port}"] if endpoint.port else parts
