"""What tcp_tw_reuse does for this host, by who holds its TIME-WAITs.

What it sees
    TIME-WAITs of accepted and of opened connections, against the setting.

Why it matters
    The setting helps a busy client towards one destination, and nobody else.

Evidence required
    The setting, tcp_timestamps, the sockets.

What else looks like this
    The number of TIME-WAITs alone says nothing (`timewait.pileup`).

What to do
    Reuse connections first; 1 on clients that close first.

References
    RFC 6191; Documentation/networking/ip-sysctl.rst tcp_tw_reuse
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import audit
from estab.diagnose.evidence.host_ports import port_range
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding, knob, setting
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="audit.tw_reuse",
    title=msg("What tcp_tw_reuse does here"),
    severity=Severity.INFO,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS, Need.KNOBS}),
    knobs=("tcp_tw_reuse", "tcp_timestamps"),
    references=("RFC 6191",),
)

MANY, TENTH = 100, 0.1


def check(facts: HostFacts) -> Iterator[Finding]:
    """One note where the setting does nothing for those who hold TIME-WAITs, or would do something."""
    t = facts.t
    waiting = t.state(State.TIME_WAIT)
    inbound, outbound = int(np.count_nonzero(waiting & t.inbound)), int(np.count_nonzero(waiting & t.outbound & ~t.loopback))
    reuse = facts.number("tcp_tw_reuse", 2)
    useless = reuse == 1 and inbound >= MANY and outbound < MANY
    useful = reuse != 1 and outbound >= max(MANY, TENTH * port_range(facts).size)
    if not useless and not useful:
        return
    values = {"inbound": format_count(inbound), "outbound": format_count(outbound), "value": reuse}
    yield finding(
        facts,
        RULE,
        subject=setting("tcp_tw_reuse"),
        rows=np.flatnonzero(waiting),
        confidence=0.85,
        owners=(),
        summary=msg(
            "tcp_tw_reuse is {value}, and {inbound} of the TIME-WAITs are of accepted connections: for those it does nothing.", **values
        )
        if useless
        else msg("tcp_tw_reuse is {value}; {outbound} TIME-WAITs hold source ports that outgoing connections could take again.", **values),
        cause=msg("It lets connect() take a port in TIME-WAIT again, where both ends use timestamps and a second has passed."),
        evidence=[*knob(facts, "tcp_tw_reuse"), *knob(facts, "tcp_timestamps"), *counters(facts, "TcpExt.TWRecycled", "TcpExt.TW")],
        advice=audit.TW_REUSE if useful else audit.NOTHING,
    )
