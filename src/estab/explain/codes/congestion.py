"""Signals of congestion: the pages of `congestion.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="congestion.ecn_marks",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("Routers signal congestion by ECN marks"),
        what=msg("Packets arrive marked CE, and the sender slows down without loss."),
        why=msg("Active queue management at work. Only when nearly every packet is marked is the marker broken."),
        live=(msg("Sender: delivered_ce and TCPDeliveredCE; receiver: IpExt.InCEPkts. A small cwnd."),),
        capture=(msg("IP packets with CE, ACKs with ECE, then CWR of the sender."),),
        alike=(Alike("loss.retransmission", msg("There the same queue drops.")),),
        do=(Step(Place.NETWORK, msg("If nearly all are marked, correct the marking threshold.")),),
        states=("ESTABLISHED",),
        knobs=("tcp_ecn",),
        references=("RFC 3168", "RFC 8257"),
    ),
)
