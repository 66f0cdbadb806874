"""TCP Fast Open is used: data travels in the SYN.

What it sees
    SYNs with the Fast Open option, asking for a cookie or carrying one with data, and whether the server took that data.

Why it matters
    It saves a round trip for each connection after the first.  Where a middlebox drops such SYNs it costs a second instead.

Evidence required
    The SYN with the option, or with data, and the SYN-ACK that acknowledges more than the SYN.

What else looks like this
    Data in a SYN without the option is lawful and rare; a server that knows no Fast Open acknowledges only the SYN.

What to do
    Nothing, where it works.

References
    RFC 7413; Documentation/networking/ip-sysctl.rst tcp_fastopen
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, listener
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import Finding, PacketsEvidence, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule
from estab.text import Text, format_count, msg
from estab.track import records

RULE = Rule(
    code="info.fast_open",
    title=msg("TCP Fast Open is used"),
    severity=Severity.INFO,
    needs=frozenset({Need.HANDSHAKES, Need.TCP_OPTIONS}),
    knobs=("tcp_fastopen",),
    references=("RFC 7413",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    found_at = facts.group_by_server(facts.side_marked(CLIENT, records.FAST_OPEN_ASKED) & facts.attempted)
    yield from tell(found_at, functools.partial(_describe, facts))


def _describe(facts: Facts, group: Group) -> Finding:
    carried = facts.side_marked(CLIENT, records.FAST_OPEN_DATA)[group.rows]
    taken = facts.marked(records.FAST_OPEN_USED)[group.rows]
    rows = group.rows[np.argsort(~taken, kind="stable")]
    row = int(rows[0])
    numbers = {"asked": format_count(len(rows)), "carried": format_count(int(carried.sum())), "taken": format_count(int(taken.sum()))}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.97,
        title=msg("TCP Fast Open with {server}", server=str(group.endpoint)),
        summary=msg(
            "{asked} SYNs to {server} had the Fast Open option; {carried} carried data, which was taken from {taken}.",
            server=str(group.endpoint),
            **numbers,
        ),
        cause=_cause(int(carried.sum()), int(taken.sum())),
        evidence=[
            PacketsEvidence(
                msg("the SYN-ACK acknowledges the data of the SYN") if taken.any() else msg("a SYN with the Fast Open option"),
                row,
                facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame")),
            )
        ],
    )


def _cause(carried: int, taken: int) -> Text:
    if taken:
        return msg("Client and server both use Fast Open, and the cookie was valid: the request arrived with the SYN.")
    if carried:
        return msg(
            "The client sent data with its SYN and the server took only the SYN: it knows no Fast Open, or did not accept the cookie."
        )
    return msg("The client asked for a Fast Open cookie; connections after this one may carry data in the SYN.")
