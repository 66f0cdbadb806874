"""A receiver reads too slowly: its window, though open, holds the sender.

What it sees
    The sender stands at the edge of the receiver's window for much of the transfer; the window opens in small steps, when the
    application has read.

Why it matters
    The transfer goes as fast as the reader reads.  Neither the path nor the sender can change that.

Evidence required
    Segments that fill the window exactly, again and again, for at least a third of the sending time; or, where that time cannot be seen,
    a receiver that acknowledges without opening its window further time and again.  Only what proves a slow reader (acknowledgements
    that make no room or are withheld, a window that closes) makes it a warning.

What else looks like this
    A window that is simply too small for a long path, with a reader that keeps up (`flow.bdp_limited`); a window that closes for long
    (`flow.zero_window`); a sender's application that is slow never fills the window.

What to do
    Make the reader faster: read in larger pieces, in a thread of its own, not between other work.  Do not set SO_RCVBUF to a small value:
    it also turns autotuning off.

References
    RFC 9293 §3.8.6; RFC 7323 §2; net/ipv4/tcp_input.c tcp_rcv_space_adjust
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from estab.diagnose.advice import flow
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses, windows
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="flow.receiver_limited",
    title=msg("A receiver reads too slowly and holds the sender"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES, Need.TIMES}),
    knobs=("tcp_rmem",),
    references=("RFC 9293 §3.8.6", "RFC 7323 §2"),
    yields_to=("flow.bdp_limited",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction in which the receiver holds the sender."""
    for side in (SERVER, CLIENT):
        held = windows.held(facts, side) & ~windows.stood_still(facts, side) & ~windows.bound_by_product(facts, side)
        places, slow = losses.groups(facts, held, facts.connections.side(side).window_full_ns), windows.reads_late(facts, side)
        yield from tell(places, functools.partial(_describe, facts, side=side, late=slow), severe=places.largest(slow))


def _describe(facts: Facts, group: Group, side: int, late: Mask) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    me, peer, names = facts.connections.side(side), facts.connections.side(1 - side), losses.ends(facts, group, side)
    slow = bool(late[rows].any())
    percent = f"{100 * float(windows.blocked_share(facts, side)[row]):.0f}"
    values = {"percent": percent, "window": format_count(int(peer.window_max_bytes[row])), **names}
    values |= {"rate": format_count(int(windows.rate(facts, side)[row] / 1000)), "steps": format_count(int(me.window_fulls[rows].sum()))}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=RULE.severity if slow else Severity.INFO,
        confidence=0.85 if slow else 0.7,
        title=msg("{receiver} reads too slowly and holds {sender}", **names)
        if slow
        else msg("The window of {receiver} holds {sender}", **names),
        summary=msg(
            "{sender} filled the window of {receiver} again and again ({percent} % of the transfer); it ran at {rate} kB/s.", **values
        ),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=_cause(facts, row, side, slow=slow),
        evidence=_evidence(facts, group, side, values),
        ruled_out=[
            RuledOut("loss.retransmission", msg("the window held the sender, not the repair of losses")),
        ],
        remedy=flow.RECEIVER_LIMITED.remedy,
        do_not=flow.RECEIVER_LIMITED.do_not,
    )


def _cause(facts: Facts, row: int, side: int, *, slow: bool) -> Text:
    if not slow:
        return msg("The receive buffer is small for this path, or its application reads slowly; this capture does not tell which.")
    if int(facts.connections.side(1 - side).zero_windows[row]):
        return msg(
            "The receive buffer is full most of the time, and the window closed altogether now and then: the application reads slowly."
        )
    return msg("The receive buffer is small or full: the window opens only as far as the application has read.")


def _evidence(facts: Facts, group: Group, side: int, values: dict[str, object]) -> list[Evidence]:
    row = int(group.rows[0])
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    text = msg("{steps} segments fill the window to the last byte; it was never larger than {window} bytes", **values)
    result: list[Evidence] = [CounterEvidence(text, "window_fulls", 0, int(me.window_fulls[group.rows].sum()))]
    if waited_ns := int(me.window_full_ns[row]):
        text = msg("stood at the window's edge for {waited}", waited=format_duration(waited_ns))
        result.append(CounterEvidence(text, "window_full_ns", 0, waited_ns))
    if closings := int(peer.zero_windows[row]):
        text = msg("the window closed {count} times", count=format_count(closings))
        result.append(PacketsEvidence(text, row, facts.frames(row, (1 - side, "zero_frame"))))
    return result
