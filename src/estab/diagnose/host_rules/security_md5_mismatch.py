"""Segments are dropped because their signature is missing or wrong (TCP-MD5, TCP-AO).

What it sees
    TCPMD5NotFound, TCPMD5Unexpected, TCPMD5Failure, and the counters of TCP-AO.

Why it matters
    Sessions, often BGP, do not come up; the drops are silent.

Evidence required
    The counters: not found means that the peer does not sign, unexpected that this host has no key, failure that the keys differ.

What else looks like this
    A filter on the way (`handshake.filtered`) leaves these counters alone.

What to do
    Give both ends the same key for each other's address.

References
    RFC 2385; RFC 5925; net/ipv4/tcp.c tcp_inbound_md5_hash
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import security
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="security.md5_mismatch",
    title=msg("Segments are dropped for their signature (MD5 or AO)"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 2385", "RFC 5925"),
)

NOT_FOUND = ("TcpExt.TCPMD5NotFound", "TcpExt.TCPAORequired")
UNEXPECTED = ("TcpExt.TCPMD5Unexpected", "TcpExt.TCPAOKeyNotFound")
FAILURE = ("TcpExt.TCPMD5Failure", "TcpExt.TCPAOBad")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    dropped = facts.moved(*NOT_FOUND, *UNEXPECTED, *FAILURE)
    if dropped:
        yield finding(
            facts,
            RULE,
            confidence=0.95,
            summary=msg(
                "{count} segments were dropped because their signature was missing, wrong or not expected.",
                "{count} segment was dropped because its signature was missing, wrong or not expected.",
                count=format_count(dropped),
            ),
            cause=_cause(facts),
            count=dropped,
            evidence=counters(facts, *NOT_FOUND, *UNEXPECTED, *FAILURE),
            ruled_out=[RuledOut("handshake.filtered", msg("this host's kernel counts the drops"))],
            advice=security.MD5_MISMATCH,
        )


def _cause(facts: HostFacts) -> Text:
    if facts.moved(*FAILURE):
        return msg("The two ends have different keys.")
    if facts.moved(*NOT_FOUND):
        return msg("This host has a key for the peer, and the peer does not sign.")
    return msg("The peer signs, and this host has no key for it.")
