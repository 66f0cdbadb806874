"""A device on the path resets connections in the name of an endpoint.

What it sees
    A RST that came from another distance (time to live) than all other packets of its alleged sender, which then stays silent; or a SYN
    refused from another distance than where that server answers other SYNs.

Why it matters
    One end gets ECONNRESET while the other may still think it is connected.  Looking for the fault in either program is in vain.

Evidence required
    The TTL of the RST against those of the endpoint's own packets, reckoned as routers passed since the usual first values 64, 128
    and 255: two systems at the same distance are not told apart, one host with two first values is not accused.

What else looks like this
    A device that has forgotten an idle flow answers the first segment after the silence (`middlebox.idle_timeout`).  When the endpoint
    goes on after the RST, the RST was forged (`rst.injected`).

What to do
    Find the device by its distance, look at its policy, and let it drop or reset knowingly.

References
    RFC 3360; RFC 9293 §3.5.3
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import rst
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.evidence.resets import Kind, Resets, distance
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="rst.from_middlebox",
    title=msg("A device on the path resets connections"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 3360", "RFC 9293 §3.5.3"),
    yields_to=("attack.blind_rst", "rst.injected", "attack.port_scan", "attack.syn_flood", "handshake.accept_queue_overflow"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener, and for the clients of each, in whose name a device resets."""
    if not facts.reset.any():
        return
    resets, free = facts.once(Resets), facts.unclaimed(RULE.yields_to)
    for side in (SERVER, CLIENT):
        for place in places(facts, resets.mask(Kind.FROM_PATH, side) & free, side):
            yield _describe(facts, place, side, refused=False)
    for place in places(facts, _refused_from_elsewhere(facts) & free, SERVER):
        yield _describe(facts, place, SERVER, refused=True)


def _refused_from_elsewhere(facts: Facts) -> Mask:
    """SYNs refused from another distance than where this server's address otherwise answers."""
    elsewhere = facts.refused & facts.connections.answered_for
    if not elsewhere.any():
        return elsewhere
    server, group = facts.connections.server, facts.connections.server_address_group
    speaks = (server.syn_acks > 0) & ~facts.refused
    known = np.zeros(int(group.max()) + 1, np.int64)
    known[group[speaks]] = server.ttl[speaks]
    return np.asarray(elsewhere & (known[group] > 0) & (distance(known[group]) != distance(server.rst_ttl)))


def _describe(facts: Facts, place: Place, side: int, *, refused: bool) -> Finding:
    row, me = int(place.rows[0]), facts.connections.side(side)
    if refused:
        spoke = (me.syn_acks > 0) & ~facts.refused & (facts.connections.server_address_group == facts.connections.server_address_group[row])
        usual = int(me.ttl[np.flatnonzero(spoke)[0]])
    else:
        usual = int(me.ttl[row])
    values = {"odd": int(me.rst_ttl[row]), "usual": usual}
    among = facts.rows_to_server(row) if refused else place.kin
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=place.rows,
        severity=Severity.INFO if refused else RULE.severity,
        confidence=0.85,
        title=msg("A device on the path resets connections in the name of {name}", name=place.name),
        summary=msg(
            "{count} connections were reset by a device on the path and not by {name}.",
            count=format_count(len(place.rows)),
            name=place.name,
        ),
        hit=hit_of(facts, place.rows, among),
        cause=msg("A firewall or load balancer answers with RST; the host whose address the RST bears did not send it."),
        evidence=[
            PacketsEvidence(
                msg("the RST came with a TTL of {odd}; the endpoint's own packets come with {usual}", **values),
                row,
                facts.frames(row, (side, "first_frame"), (side, "rst_frame")),
            )
        ],
        ruled_out=[
            RuledOut("rst.abort", msg("a RST of the host itself would have come as far as its other packets")),
            RuledOut("rst.injected", msg("the endpoint did not go on after the RST")),
        ],
        remedy=rst.FROM_MIDDLEBOX.remedy,
    )
