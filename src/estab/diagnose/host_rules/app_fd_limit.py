"""A process has no file descriptors left, so it cannot accept.

What it sees
    Open files of a process that listens, against its soft limit; what waits in its accept queue.

Why it matters
    accept() fails with EMFILE: new clients hang, often at 100 % CPU.  No counter of TCP moves until the queue overflows.

Evidence required
    The process's count and its limit, and an accept queue that is not emptied.

What else looks like this
    A slow accept loop has descriptors left (`handshake.accept_queue_overflow`).

What to do
    Find the leak (often CLOSE-WAIT), raise LimitNOFILE, keep a spare descriptor.

References
    getrlimit(2) RLIMIT_NOFILE; accept(2) EMFILE
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import app
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, listener, name_of, process_evidence, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.snapshot import Owner, Process
from estab.text import format_count, msg

RULE = Rule(
    code="app.fd_limit",
    title=msg("A process has no file descriptors left"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS}),
    knobs=("nofile",),
    references=("getrlimit(2)", "accept(2)"),
)

NEARLY, NONE_LEFT, SMALL = 0.9, 0.985, 64
"""Shares of the soft limit; so few descriptors left are none."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each process that listens, and one for the host as a whole."""
    told: set[int] = set()
    for row in np.flatnonzero(facts.t.listening & (facts.t["inode"] > 0)).tolist():
        for owner in facts.owners([row]):
            known = facts.process(owner.pid)
            if known is None or known.nofile_soft <= 0 or known.open_files < NEARLY * known.nofile_soft or owner.pid in told:
                continue
            told.add(owner.pid)
            yield _of_process(facts, owner, known)
    taken, most = facts.reading("File.allocated"), facts.reading("File.max")
    if most and taken >= NEARLY * most:
        yield _of_host(facts, taken, most)


def _of_process(facts: HostFacts, owner: Owner, known: Process) -> Finding:
    t = facts.t
    mine = [row for row in np.flatnonzero(t.listening).tolist() if any(one.pid == owner.pid for one in facts.owners([row]))]
    rows = np.array(sorted(mine, key=lambda row: -int(t["recv_queue"][row])))
    row = int(rows[0])
    stuck = int(t["recv_queue"][row]) > 0 and int(t["recv_queue"][row]) >= int(t.was("recv_queue")[row])
    spent = known.open_files >= NONE_LEFT * known.nofile_soft or known.nofile_soft - known.open_files <= min(SMALL, known.nofile_soft // 64)
    group = HostGroup(t.local(row), rows, inbound=True)
    values = {"who": name_of(group, [owner]), "open": format_count(known.open_files), "limit": format_count(known.nofile_soft)}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=Severity.CRITICAL if spent and stuck else Severity.WARNING,
        confidence=0.97 if spent and stuck else 0.8,
        title=msg("{who} has hardly any file descriptors left", **values),
        summary=msg("It has {open} files open of {limit} that it may have.", **values),
        count=1,
        owners=[owner],
        cause=msg("accept() needs a descriptor for each connection and fails with EMFILE when there is none."),
        evidence=[
            process_evidence(
                msg("open files: {open} of {limit}", **values), owner, open_files=known.open_files, nofile_soft=known.nofile_soft
            ),
            reading(facts, row, "recv_queue", "send_queue"),
        ],
        ruled_out=[RuledOut("handshake.accept_queue_overflow", msg("the queue is not emptied because no descriptor is left"))]
        if stuck
        else [],
        advice=app.FD_LIMIT,
    )


def _of_host(facts: HostFacts, taken: int, most: int) -> Finding:
    values = {"taken": format_count(taken), "most": format_count(most)}
    return finding(
        facts,
        RULE,
        confidence=0.9,
        title=msg("The host has hardly any file handles left"),
        summary=msg(
            "{taken} of {most} file handles of the host are in use: any open(), socket() and accept() may fail with ENFILE.",
            "{taken} of {most} file handles of the host is in use: any open(), socket() and accept() may fail with ENFILE.",
            **values,
        ),
        cause=msg("fs.file-max bounds the open files of all processes together."),
        evidence=[CounterEvidence(msg("file handles of the host: {taken} of {most}", **values), "File.allocated", 0, taken)],
        advice=app.FD_LIMIT,
    )
