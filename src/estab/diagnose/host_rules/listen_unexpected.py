"""A listener that nobody expects.

What it sees
    A LISTEN whose process cannot be found although all processes may be seen, or whose program lies in a place for temporary files.

Why it matters
    Often a forgotten debug port; sometimes a back door.

Evidence required
    The owner, looked for among all processes.  Without the right to see them this rule does not run.

What else looks like this
    Listeners of the kernel itself (NFS callback, rpc) have inode 0 and are passed over.

What to do
    A person looks first.

References
    proc(5); RFC 9293 §3.10.1
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import listen
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import finding, listener, name_of, process_evidence, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.host_table import is_any, is_loopback
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, msg

RULE = Rule(
    code="listen.unexpected",
    title=msg("A listener that nobody expects"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS, Need.PROCESSES}),
    references=("proc(5)",),
)

TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - places to look at, not to write to


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each such listener."""
    t = facts.t
    for row in np.flatnonzero(t.listening & (t["inode"] > 0)).tolist():
        owners = facts.owners([row])
        why = _why(facts, row)
        if why is None:
            continue
        group = HostGroup(t.local(row), np.array([row]), inbound=True)
        near = bool(is_loopback(t.table["local_address"][[row]])[0])
        yield finding(
            facts,
            RULE,
            subject=listener(group.endpoint),
            rows=group.rows,
            severity=Severity.INFO if near else Severity.WARNING,
            confidence=0.6,
            title=msg("Nobody expects a listener here: {listener}", listener=name_of(group, owners)),
            summary=why,
            owners=owners,
            cause=msg("A program that was left over, a debug port, or something that should not be here; a person has to look."),
            evidence=[
                reading(facts, row, "inode", "uid"),
                *([process_evidence(msg("started as {command}", command=owners[0].command_line), owners[0])] if owners else ()),
                *([reading(facts, row, "recv_queue", "send_queue")] if bool(is_any(t.table["local_address"][[row]])[0]) else ()),
            ],
            advice=listen.UNEXPECTED,
        )


def _why(facts: HostFacts, row: int) -> Text | None:
    owners = facts.owners([row])
    if not owners:
        return msg("No process holds this listener, although all processes could be looked at.")
    first = owners[0].command_line.split(" ")[0]
    if first.startswith(TEMPORARY) or first.endswith("(deleted)"):
        return msg("Its program lies among temporary files: {path}.", path=first)
    return None
