"""SYNs of this host meet silence.

What it sees
    Sockets in SYN-SENT whose SYN was sent again, and attempts that were given up between the snapshots, by the kernel or by the program.

Why it matters
    connect() hangs for 131 s (127 s before Linux 6.5) before it fails with ETIMEDOUT.

Evidence required
    A SYN repeated at least twice, or a socket that is in SYN-SENT in both snapshots.  One repetition may be a lost packet: a note.

What else looks like this
    Packets dropped by this host's own filter never leave (`path.local_firewall_drop`); a next hop without link address gives
    EHOSTUNREACH after 3 s (`path.neighbour_failure`); many at once are `handshake.syn_sent_pile` or `attack.port_scan`.

What to do
    Time limits for connect(); repair the filter or the route.

References
    RFC 9293 §3.5, §3.8.1; Documentation/networking/ip-sysctl.rst tcp_syn_retries, tcp_syn_linear_timeouts
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.between import EndedPlace
from estab.diagnose.evidence import host_attempts as attempts
from estab.diagnose.evidence.host_timers import give_up_syn_s, syn_age_s
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, gone_reading, hit, place, reading, spell_owner
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS, format_duration
from estab.machine.states import State
from estab.snapshot_table import endpoint_of
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.filtered",
    title=msg("Connection attempts meet silence"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_syn_retries", "tcp_syn_linear_timeouts"),
    references=("RFC 9293 §3.8.1", "ip-sysctl: tcp_syn_retries"),
    yields_to=(
        "path.local_firewall_drop", "path.neighbour_failure", "handshake.syn_sent_pile", "attack.port_scan",
        "handshake.rejected_icmp", "security.md5_mismatch",
    ),
)  # fmt: skip

SEVERAL = 3
CAUSE = msg("A packet filter drops the SYNs or the answers, the host is not reachable there, or its listener has no room and drops SYNs.")
COUNTERS = ("TcpExt.TCPSynRetrans", "TcpExt.TCPTimeouts", "Tcp.RetransSegs")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each destination that does not answer, now or to attempts that gave up in between."""
    t = facts.t
    silent = t.state(State.SYN_SENT) & (t["timer_retries"] >= 1) & facts.unclaimed(RULE.yields_to)
    groups = facts.by_place(silent, t["timer_retries"])
    for group in groups:
        yield _describe(facts, group)
    known = {str(group) for group in groups}
    ended = [place for place in attempts.given_up(facts) if str(place.group) not in known and not facts.found(*RULE.yields_to)]
    for place_of_ended in ended:
        yield _ended(facts, place_of_ended)
    # A program that has not closed its socket yet: that has no state any more and was not told of as ended.
    gone = t.gone[t.earlier["state"][t.gone] == State.SYN_SENT]
    gave_up = min(facts.moved("Tcp.AttemptFails"), facts.moved("TcpExt.TCPAbortOnTimeout"), len(gone))
    if gave_up and not groups and not ended and not facts.found(*RULE.yields_to):
        yield _gave_up(facts, gone)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows, row, owners = group.rows, int(group.rows[0]), facts.owners(group.rows)
    retries = int(facts.t["timer_retries"][row])
    waited_s = syn_age_s(facts, retries)
    values = {
        "server": str(group.endpoint),
        "count": format_count(len(rows)),
        "repeats": format_count(retries),
        "waited": format_duration(round(waited_s * SECOND_NS)),
        "left": format_duration(round(max(give_up_syn_s(facts) - waited_s, 0) * SECOND_NS)),
    }
    certain = retries >= 2 or bool(facts.t.stayed[rows].any())
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if certain else Severity.INFO,
        confidence=0.85 if certain else 0.5,
        title=msg("{server} does not answer SYNs", **values),
        summary=msg(
            "{count} attempts to connect to {server} have had no answer for {waited} or more.",
            "{count} attempt to connect to {server} has had no answer for {waited} or more.",
            **values,
        ),
        hit=hit(facts, rows),
        owners=owners,
        cause=CAUSE,
        evidence=[reading(facts, row, "timer_retries", "timer_expires_ms"), *counters(facts, *COUNTERS)],
        ruled_out=[
            RuledOut("handshake.refused", msg("no RST came")),
            RuledOut("handshake.rejected_icmp", msg("no ICMP error came")),
            RuledOut("path.local_firewall_drop", msg("the SYNs left this host: TCPRetransFail has not moved")),
        ],
        advice=handshake.FILTERED,
    )


def _ended(facts: HostFacts, ended: EndedPlace) -> Finding:
    """Attempts that the kernel told of when they were given up; most programs wait for less time than the kernel would."""
    count, repeats = len(ended.group.rows), attempts.most_repeats(facts, ended)
    values = {"server": str(ended.group), "count": format_count(count), "repeats": format_count(repeats)}
    certain = repeats >= 2 or count >= SEVERAL
    made = finding(
        facts,
        RULE,
        subject=place(ended.group),
        severity=Severity.WARNING if certain else Severity.INFO,
        confidence=0.85 if certain else 0.5,
        title=msg("{server} does not answer SYNs", **values),
        summary=msg(
            "{count} attempts to connect to {server} were given up without an answer, after up to {repeats} repeated SYNs.",
            "{count} attempt to connect to {server} was given up without an answer, after up to {repeats} repeated SYNs.",
            **values,
        ),
        count=count,
        owners=attempts.openers(ended),
        cause=CAUSE,
        evidence=[*attempts.evidence(facts, ended), *counters(facts, "Tcp.AttemptFails", *COUNTERS)],
        ruled_out=[RuledOut("handshake.refused", msg("no RST came"))],
        advice=handshake.FILTERED,
    )
    return replace(made, sockets=attempts.names(facts, ended))


def _gave_up(facts: HostFacts, gone: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Finding:
    server = endpoint_of(facts.t.earlier, int(gone[0]), "remote")
    owners = facts.owners_of_gone(gone)
    values = {"server": str(server), "count": format_count(len(gone)), "client": spell_owner(owners[0]) if owners else "-"}
    return finding(
        facts,
        RULE,
        subject=place(HostGroup(server, gone, inbound=False)),
        gone=gone,
        severity=Severity.WARNING,
        confidence=0.8,
        title=msg("{server} does not answer SYNs", **values),
        summary=msg(
            "{count} attempts to connect gave up between the snapshots; one of them went to {server}.",
            "{count} attempt to connect gave up between the snapshots; it went to {server}.",
            **values,
        ),
        owners=owners,
        cause=CAUSE,
        evidence=[gone_reading(facts, int(gone[0]), "timer_retries"), *counters(facts, "Tcp.AttemptFails", "TcpExt.TCPAbortOnTimeout")],
        ruled_out=[RuledOut("handshake.refused", msg("no RST came"))],
        advice=handshake.FILTERED,
    )
