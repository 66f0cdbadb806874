"""SYN-ACKs were sent again.

What it sees
    A server repeats its SYN-ACK: its timer ran out without an ACK, or the client's SYN came again.

Why it matters
    The client, or its ACK, was not heard.  Single ones are loss; many of one listener have a cause of their own.

Evidence required
    The SYN-ACK and its repetition.  Why no ACK was taken is the matter of other findings; this one counts.

What else looks like this
    A copy made by a mirror port is not a repetition.  A SYN-ACK repeated although the ACK went by tells of a full accept queue
    (`handshake.accept_queue_overflow`) or of a lost ACK (`loss.handshake_ack`).

What to do
    See the finding that names the cause.

References
    RFC 9293 §3.8.3; Documentation/networking/ip-sysctl.rst tcp_synack_retries; net/ipv4/tcp_timer.c tcp_synack_timer
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import attempts_like, confirmed
from estab.diagnose.facts import SERVER, Facts, Group, Mask
from estab.diagnose.finding import CounterEvidence, Finding, PacketsEvidence, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.synack_retransmitted",
    title=msg("SYN-ACKs were sent again"),
    severity=Severity.INFO,
    needs=frozenset({Need.HANDSHAKES}),
    knobs=("tcp_synack_retries",),
    references=("RFC 9293 §3.8.3",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    done = confirmed(facts)
    places = facts.group_by_server(facts.connections.server.retransmit_syn_ack > 0)
    yield from tell(places, functools.partial(_describe, facts, completed=done))


def _describe(facts: Facts, group: Group, completed: Mask) -> Finding:
    server = facts.connections.server
    rows = group.rows[np.argsort(-server.retransmit_syn_ack[group.rows], kind="stable")]
    row = int(rows[0])
    repeats, done = int(server.retransmit_syn_ack[rows].sum()), int(np.count_nonzero(completed[rows]))
    values = {"server": str(group.endpoint), "repeats": format_count(repeats), "count": format_count(len(rows)), "done": format_count(done)}
    frames = facts.frames(row, (SERVER, "syn_frame"), (SERVER, "retransmit_frame"))
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.97,
        title=msg("SYN-ACKs of {server} were sent again", server=str(group.endpoint)),
        summary=msg(
            "{server} sent {repeats} SYN-ACKs again in {count} connections; the client's ACK was seen in {done} of them.", **values
        ),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=_cause(done, len(rows)),
        evidence=[
            PacketsEvidence(msg("the SYN-ACK and its first repetition"), row, frames),
            CounterEvidence(msg("SYN-ACKs sent again: {count}", count=format_count(repeats)), "retransmit_syn_ack", 0, repeats),
        ],
        remedy=handshake.SYNACK_RETRANSMITTED.remedy,
    )


def _cause(done: int, count: int) -> Text:
    if done == count:
        return msg(
            "The SYN-ACK or the client's ACK was lost, or the server did not take the ACK; the handshake "
            "was completed in the end, or seemed so to the client."
        )
    return msg(
        "The SYN-ACK did not reach the client, or its ACK did not come back: loss, a blocked way back, or a client that does not exist."
    )
