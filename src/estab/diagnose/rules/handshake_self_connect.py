"""A socket is connected to itself: its own address and port are also the peer's.

What it sees
    SYN and SYN-ACK from one address and port to the same address and port.

Why it matters
    A program that connects in a loop to a local service that is down will once be given the service's own port as its source port; the
    SYN meets the socket that sent it, which is a simultaneous open with itself.  connect() succeeds, the program reads back what it
    writes, and the service cannot start again because its port is taken.

Evidence required
    The packets of such a connection.

What else looks like this
    One SYN with equal ends that nobody answers is an old attack ("LAND") or a forged packet, and no connection.

What to do
    Compare getsockname() with getpeername() behind connect(); keep service ports out of the ephemeral range.

References
    RFC 9293 §3.5 (simultaneous open); Documentation/networking/ip-sysctl.rst ip_local_port_range, ip_local_reserved_ports
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.compose import finding, listener
from estab.diagnose.facts import CLIENT, Facts, Mask
from estab.diagnose.finding import Finding, PacketsEvidence, Remedy, RemedyScope, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.self_connect",
    title=msg("A socket is connected to itself"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.HANDSHAKES}),
    knobs=("ip_local_port_range", "ip_local_reserved_ports"),
    references=("RFC 9293 §3.5",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each endpoint that talks to itself."""
    for group in facts.group_by_server(_to_itself(facts)):
        row, name = int(group.rows[0]), str(group.endpoint)
        packets = int(facts.connections.client.packets[row])
        values = {"endpoint": name, "port": group.endpoint.port}
        yield finding(
            facts,
            RULE,
            subject=listener(group.endpoint),
            rows=group.rows,
            confidence=0.97,
            title=msg("A socket at {endpoint} is connected to itself", endpoint=name),
            summary=msg(
                "A program connected to {endpoint} from that same address and port: it talks to itself, and port {port} is taken.", **values
            ),
            cause=msg(
                "Nothing listened on the port, which lies in the ephemeral range, and the kernel gave "
                "it to the connecting socket as its source port."
            ),
            evidence=[
                PacketsEvidence(
                    msg("SYN and SYN-ACK come from one and the same socket, {count} packets in all", count=format_count(packets)),
                    row,
                    facts.frames(row, (CLIENT, "syn_frame"), (CLIENT, "last_frame")),
                )
            ],
            ruled_out=[RuledOut("handshake.simultaneous_open", msg("there is only one endpoint"))],
            remedy=[
                Remedy(
                    RemedyScope.APPLICATION,
                    msg("Behind connect() compare getsockname() with getpeername(), and close the socket where they are equal."),
                ),
                Remedy(
                    RemedyScope.KERNEL,
                    msg("Keep the service's port out of automatic choice."),
                    set={"net.ipv4.ip_local_reserved_ports": group.endpoint.port},
                    undo={"net.ipv4.ip_local_reserved_ports": ""},
                    valid="Linux >= 2.6.35",
                    caution=msg("The setting is a list: keep the ports that stand in it already."),
                ),
            ],
            do_not=handshake.SELF_CONNECT.do_not,
        )


def _to_itself(facts: Facts) -> Mask:
    """Equal ends, and a SYN-ACK or data: a SYN alone is no connection."""
    client = facts.connections.client
    return np.asarray(facts.equal_ends & (client.syns > 0) & ((client.syn_acks > 0) | (client.data_packets > 0)))
