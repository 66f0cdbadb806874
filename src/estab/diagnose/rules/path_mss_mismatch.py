"""The two ends offer quite different segment sizes.

What it sees
    The MSS options of SYN and SYN-ACK differ by 40 bytes and more, or one is below 536.

Why it matters
    It shows a tunnel, a VPN, PPPoE or an MSS clamp on one side; with jumbo frames at one end only, long packets may vanish inside one
    network.  Small segments cost throughput and packets a second.

Evidence required
    Both options, as they passed the capture point.

What else looks like this
    A clamp close to the capture point changes only the option of the far end.  A loopback interface offers 65,483.

What to do
    Nothing, where the smaller size is the right one for the path.  Within one network give all hosts the same MTU.

References
    RFC 9293 §3.7.1; RFC 6691
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="path.mss_mismatch",
    title=msg("The two ends offer different segment sizes"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.HANDSHAKES, Need.TCP_OPTIONS}),
    knobs=("tcp_base_mss",),
    references=("RFC 9293 §3.7.1", "RFC 6691"),
)

NOTICED_BYTES = 40
LEAST_BYTES = 536
ETHERNET_BYTES = 1_460


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener with connections whose ends differ."""
    yield from tell(facts.group_by_server(_differ(facts)), functools.partial(_describe, facts))


def _differ(facts: Facts) -> Mask:
    client, server = facts.connections.client.mss.astype(np.int64), facts.connections.server.mss.astype(np.int64)
    known = (client > 0) & (server > 0) & facts.established
    return np.asarray(known & ((np.abs(client - server) >= NOTICED_BYTES) | (np.minimum(client, server) < LEAST_BYTES)))


def _describe(facts: Facts, group: Group) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    client, server = int(facts.connections.client.mss[row]), int(facts.connections.server.mss[row])
    values = {"client": format_count(client), "server": format_count(server), "listener": str(group.endpoint)}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.8,
        summary=msg("On connections to {listener} the client offers an MSS of {client} bytes, the server one of {server}.", **values),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=_cause(client, server),
        evidence=[
            PacketsEvidence(
                msg("MSS {client} in the SYN, {server} in the SYN-ACK", **values),
                row,
                facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame")),
            )
        ],
        ruled_out=[RuledOut("path.pmtu_reduced", msg("the sizes were offered in the handshake, no router asked for less"))],
    )


def _cause(client: int, server: int) -> Text:
    low, high = min(client, server), max(client, server)
    if low < LEAST_BYTES:
        return msg(
            "One end accepts only very small segments: a constrained device, a mistake in a clamp, "
            "or an attempt to make the other send many packets."
        )
    if high > ETHERNET_BYTES >= low:
        return msg("One end has jumbo frames (or a loopback), the other has not, or something between them clamps the MSS.")
    return msg("The end with the smaller size is behind a tunnel, a VPN or PPPoE, or something on the way clamps the MSS.")
