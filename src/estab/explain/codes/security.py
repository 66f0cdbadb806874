"""Signatures and filters on sockets: the pages of `security.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="security.md5_mismatch",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The TCP signature does not match (MD5 or AO)"),
        what=msg("Segments are dropped silently because a signature is missing, wrong or not expected. Mostly seen with BGP."),
        why=msg("The connection times out as if a firewall dropped it."),
        live=(
            msg(
                "TCPMD5NotFound: the peer does not sign. TCPMD5Failure: another key. TCPMD5Unexpected: we expect none. "
                "TCPAO counters likewise."
            ),
        ),
        capture=(msg("SYNs with, or without, the MD5 or AO option, never answered."),),
        alike=(Alike("handshake.filtered", msg("None of these counters moves.")),),
        do=(Step(Place.APPLICATION, msg("The same key, and the same use of it, on both ends.")),),
        states=("SYN-SENT", "LISTEN"),
        references=("RFC 2385", "RFC 5925"),
    ),
    CodePage(
        code="security.min_ttl_drop",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("Packets dropped for a low TTL (GTSM)"),
        what=msg("IP_MINTTL (ttl-security) asks for a minimum TTL; packets that came over more hops are dropped."),
        why=msg("The session hangs or never comes up although the path works."),
        live=(msg("TCPMinTTLDrop grows; drop reason TCP_MINTTL."),),
        alike=(Alike("handshake.filtered", msg("The counter does not move.")),),
        do=(Step(Place.APPLICATION, msg("Set the number of hops as it really is, on both ends.")),),
        states=("ESTABLISHED", "SYN-SENT"),
        references=("RFC 5082", "ip(7)"),
    ),
    CodePage(
        code="security.socket_filter_drop",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("A filter on the socket drops packets"),
        what=msg("A BPF program attached to one socket rejects its packets."),
        why=msg("One service fails while all others on the host work."),
        live=(msg("Drop reason SOCKET_FILTER; ss -b shows the filter."),),
        alike=(Alike("path.local_firewall_drop", msg("Rules of the host, not of one socket.")),),
        do=(Step(Place.APPLICATION, msg("Correct or detach the filter (SO_DETACH_FILTER).")),),
        states=("LISTEN", "ESTABLISHED"),
        references=("socket(7)", "net/core/filter.c"),
    ),
)
