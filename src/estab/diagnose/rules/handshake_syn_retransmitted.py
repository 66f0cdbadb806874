"""SYNs were sent again.

What it sees
    A client repeats its SYN because nothing was heard for 1 s (RFC 6298 §2.1), and then at growing intervals.

Why it matters
    Each repetition is at least a second that a user waits before the first byte.

Evidence required
    The SYN and its repetition.  Why nothing was heard is the matter of other findings; this one counts.

What else looks like this
    A copy of the SYN made by a mirror port or by the network is not a repetition.  Some systems repeat a SYN half a second after it was
    refused by RST; that is not silence and is not counted here.

What to do
    See the finding that names the cause.  Where there is none, and the repeated SYN was answered, the first SYN or its answer was lost.

References
    RFC 6298 §2.1, §5.7; Documentation/networking/ip-sysctl.rst tcp_syn_retries, tcp_syn_linear_timeouts
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import attempts_like, waited_ns
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule
from estab.instant import format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.syn_retransmitted",
    title=msg("SYNs were sent again"),
    severity=Severity.INFO,
    needs=frozenset({Need.HANDSHAKES}),
    knobs=("tcp_syn_retries",),
    references=("RFC 6298 §5.7",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    places = facts.group_by_server((facts.connections.client.retransmit_syn > 0) & ~facts.refused)
    yield from tell(places, functools.partial(_describe, facts))


def _describe(facts: Facts, group: Group) -> Finding:
    client = facts.connections.client
    rows = group.rows[np.argsort(-client.retransmit_syn[group.rows], kind="stable")]
    row = int(rows[0])
    repeats, done = int(client.retransmit_syn[rows].sum()), int(np.count_nonzero(facts.established[rows]))
    values = {"server": str(group.endpoint), "repeats": format_count(repeats), "count": format_count(len(rows)), "done": format_count(done)}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.97,
        title=msg("SYNs to {server} were sent again", server=str(group.endpoint)),
        summary=msg("{repeats} SYNs to {server} were sent again in {count} connections, of which {done} came about.", **values),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=_cause(done, len(rows)),
        evidence=_evidence(facts, row, repeats),
        remedy=handshake.SYN_RETRANSMITTED.remedy,
    )


def _cause(done: int, count: int) -> Text:
    if done == count:
        return msg("The first SYN, or the answer to it, was lost or dropped; a later one got through.")
    return msg("The SYNs, or the answers to them, were lost or dropped; other findings about this listener say why, where it can be told.")


def _evidence(facts: Facts, row: int, repeats: int) -> list[Evidence]:
    client = facts.connections.client
    values = {"count": format_count(int(client.syns[row])), "waited": format_duration(int(waited_ns(facts, np.array([row]))[0]))}
    frames = facts.frames(row, (CLIENT, "syn_frame"), (CLIENT, "retransmit_frame"), (SERVER, "syn_frame"))
    return [
        PacketsEvidence(msg("the same SYN is sent {count} times within {waited}", **values), row, frames),
        CounterEvidence(msg("SYNs sent again: {count}", count=format_count(repeats)), "retransmit_syn", 0, repeats),
    ]
