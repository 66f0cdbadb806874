"""The next hop does not answer ARP or neighbour discovery.

What it sees
    Neighbours in FAILED or INCOMPLETE for which connections wait, or attempts that failed while this host wrote the ICMP error itself.

Why it matters
    connect() fails with EHOSTUNREACH after about 3 s; where it is the gateway, everything does.

Evidence required
    The neighbour's state, and a socket or a failed attempt that needs it.

What else looks like this
    A filter on the way drops silently (`handshake.filtered`): there the neighbour is reachable.

What to do
    Is the host on, in this VLAN, with this address?

References
    RFC 826; RFC 4861 §7.3; arp(7)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import path
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, RuledOut, Severity, Subject, SubjectKind
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import Mask
from estab.diagnose.rule import Need, Rule, Source
from estab.flow import parse_address
from estab.machine.states import State
from estab.snapshot import Neighbour
from estab.text import msg

RULE = Rule(
    code="path.neighbour_failure",
    title=msg("The next hop does not answer"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    references=("RFC 826", "RFC 4861 §7.3"),
)

SILENT = ("FAILED", "INCOMPLETE")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each neighbour that is waited for."""
    failed = [one for one in facts.after.neighbours if one.state in SILENT]
    written = min(facts.moved("Tcp.AttemptFails"), facts.moved("Icmp.OutDestUnreachs", "Icmp6.OutDestUnreachs"))
    for neighbour in failed:
        waiting = _waiting_for(facts, neighbour)
        if waiting.any() or (written and len(failed) == 1):
            yield _describe(facts, neighbour, np.flatnonzero(waiting))


def _waiting_for(facts: HostFacts, neighbour: Neighbour) -> Mask:
    """Sockets to that very address that wait for an answer."""
    t = facts.t
    here = (t.table["remote_address"] == np.array(parse_address(neighbour.address.partition("%")[0]), np.uint32)).all(axis=1)
    return np.asarray(here & (t.state(State.SYN_SENT) | (t["retransmits"] >= 1)))


def _describe(facts: HostFacts, neighbour: Neighbour, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Finding:
    values = {"address": neighbour.address, "interface": neighbour.interface, "state": neighbour.state}
    shown: list[Evidence] = [CounterEvidence(msg("neighbour {address} on {interface}: {state}", **values), "neighbour", 0, 1)]
    return finding(
        facts,
        RULE,
        subject=Subject(SubjectKind.HOST, neighbour.address),
        rows=rows,
        confidence=0.9,
        title=msg("{address} does not answer on {interface}", **values),
        summary=msg("Connections wait for the link address of {address}, and nobody on {interface} gives it.", **values),
        cause=msg("The host is off, in another VLAN or has another address; or the cable or the switch port is dead."),
        evidence=[*shown, *counters(facts, "Tcp.AttemptFails", "Icmp.OutDestUnreachs", "ArpCache.res_failed")],
        ruled_out=[RuledOut("handshake.filtered", msg("the packets do not get beyond this link"))],
        advice=path.NEIGHBOUR_FAILURE,
    )
