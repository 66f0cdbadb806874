"""Loss and its repair: the pages of `loss.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="loss.retransmission",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Segments are sent again"),
        what=msg("A noticeable share of the data was sent more than once."),
        why=msg(
            "Below 0.1 % nobody notices; above 1 % congestion control based on loss gets slow, and single requests take an RTO longer."
        ),
        live=(msg("Tcp.RetransSegs; bytes_retrans / bytes_sent of tcp_info (2.7 % at 3 % loss); at the receiver TCPOFOQueue."),),
        capture=(msg("The same sequence numbers again; duplicate ACKs with SACK before them."),),
        alike=(
            Alike("order.out_of_order", msg("Late, not lost: DSACK answers the repetition.")),
            Alike("order.network_duplicate", msg("Copies made by the network or a mirror port.")),
            Alike("path.local_qdisc_drop", msg("The loss is on our own way out: TCPRetransFail and the qdisc's counter grow.")),
        ),
        do=(
            Step(Place.NETWORK, msg("Find the hop: qdisc, drops of the card, second column of softnet_stat, duplex, policer.")),
            Step(Place.KERNEL, msg("Keep tcp_sack=1 and tcp_timestamps=1.")),
        ),
        caution=msg("Changing to bbr hides loss; it does not repair it."),
        states=("ESTABLISHED",),
        knobs=("tcp_sack", "tcp_timestamps", "tcp_recovery", "tcp_congestion_control"),
        references=("RFC 9293 §3.8.1", "RFC 6298", "RFC 5681"),
    ),
    CodePage(
        code="loss.fast_retransmit",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("Loss repaired by fast retransmit"),
        what=msg(
            "A lost segment was sent again after about one round trip, because later segments were acknowledged selectively "
            "or three duplicate ACKs came."
        ),
        why=msg("The cheapest kind of loss: no timeout, but the sender slows down."),
        live=(msg("TCPFastRetrans and TCPSackRecovery grow."),),
        capture=(msg("Duplicate ACKs with SACK blocks, then the missing segment."),),
        alike=(Alike("loss.spurious_retransmission", msg("A DSACK says that the original had arrived.")),),
        states=("ESTABLISHED",),
        knobs=("tcp_sack", "tcp_recovery", "tcp_reordering"),
        references=("RFC 5681 §3.2", "RFC 6675", "RFC 8985"),
    ),
    CodePage(
        code="loss.rto",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Loss repaired only after a timeout"),
        what=msg("A segment was sent again because the retransmission timer expired: no later ACKs had shown the loss."),
        why=msg("At least 200 ms on Linux (1 s by the RFC) without any data, and the congestion window starts again from the bottom."),
        live=(msg("TCPTimeouts grows."),),
        capture=(msg("Silence of one RTO, then the first unacknowledged segment again."),),
        alike=(
            Alike("loss.tail_loss", msg("The lost segments were the last ones; a tail loss probe may save the timeout.")),
            Alike("loss.spurious_retransmission", msg("The data was only late.")),
        ),
        do=(
            Step(Place.NETWORK, msg("Look for loss in bursts.")),
            Step(Place.KERNEL, msg("Keep tcp_early_retrans=3 and tcp_recovery=1.")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_early_retrans", "tcp_recovery", "tcp_rto_min_us"),
        references=("RFC 6298 §5", "RFC 9293 §3.8.1"),
    ),
    CodePage(
        code="loss.rto_backoff",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Repeated timeouts, each twice as long"),
        what=msg("The same segment was sent again several times at doubling intervals."),
        why=msg("The path is down or drops nearly all. After 924.6 s or more (tcp_retries2=15) the connection ends with ETIMEDOUT."),
        live=(msg("retrans and backoff of one socket grow; TCPTimeouts, TCPLostRetransmit, TcpTimeoutRehash."),),
        capture=(msg("The same segment at 0.2, 0.4, 0.8, 1.6 s and so on, capped at 120 s."),),
        alike=(
            Alike("half_open.peer_vanished", msg("It never recovers: the peer is gone.")),
            Alike("path.pmtu_black_hole", msg("Only full-size segments repeat.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("A timeout for each request.")),
            Step(Place.NETWORK, msg("Look for an outage or a change of route.")),
            Step(Place.SOCKET, msg("TCP_USER_TIMEOUT.")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_retries2", "TCP_USER_TIMEOUT", "tcp_rto_max_ms"),
        references=("RFC 6298 §5.5", "RFC 9293 §3.8.3"),
    ),
    CodePage(
        code="loss.tail_loss",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("The end of a burst was lost"),
        what=msg(
            "The last segments of a burst were lost, so no later segment could reveal it. A tail loss probe or the timeout repaired it."
        ),
        why=msg("Short answers suffer most: one lost segment costs two round trips with a probe, at least 200 ms without."),
        live=(msg("TCPLossProbes and TCPLossProbeRecovery, or TCPTimeouts."),),
        capture=(msg("The last data of a burst again after a pause, without duplicate ACKs before it."),),
        alike=(Alike("loss.fast_retransmit", msg("Later segments arrived and showed the hole.")),),
        do=(
            Step(Place.NETWORK, msg("Look for loss where bursts end: shallow buffers, policers.")),
            Step(Place.KERNEL, msg("Keep tcp_early_retrans=3.")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_early_retrans",),
        references=("RFC 8985 §7",),
    ),
    CodePage(
        code="loss.lost_retransmission",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A retransmission was lost as well"),
        what=msg("A segment had to be sent a third time."),
        why=msg("The loss is heavy or in bursts; each such loss can cost a timeout."),
        live=(msg("TCPLostRetransmit grows."),),
        capture=(msg("The same sequence numbers three times or more within a few round trips."),),
        alike=(Alike("loss.rto_backoff", msg("One after the other, at doubling intervals, with nothing else arriving.")),),
        do=(Step(Place.NETWORK, msg("Look for a policer or a failing link.")),),
        states=("ESTABLISHED",),
        knobs=("tcp_recovery",),
        references=("RFC 8985", "RFC 6675"),
    ),
    CodePage(
        code="loss.spurious_retransmission",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("A retransmission was not needed"),
        what=msg(
            "The original segment had arrived, or its ACK was only late: the receiver answered the repetition by DSACK, or "
            "the ACK of the original came right after."
        ),
        why=msg(
            "A sudden delay of more than the RTO looked like loss. Bandwidth is wasted and the sender slows down until it takes that back."
        ),
        live=(
            msg(
                "TCPDSACKRecv with TCPDSACKUndo, TCPSpuriousRTOs or TCPLossUndo at the sender; TCPDSACKOldSent at the "
                "receiver, whose PAWSEstab may grow as well."
            ),
        ),
        capture=(msg("Data again, answered by an ACK with DSACK."),),
        alike=(
            Alike("loss.rto", msg("No DSACK: the loss was real.")),
            Alike("order.network_duplicate", msg("Each segment is doubled, without any timeout.")),
        ),
        do=(
            Step(
                Place.NETWORK,
                msg("Find the source of the delay: radio link, stolen time of a virtual machine, a queue that fills at once."),
            ),
        ),
        caution=msg("tcp_frto=0 hides the proof and keeps the damage."),
        states=("ESTABLISHED",),
        knobs=("tcp_frto", "tcp_dsack", "tcp_rto_min_us"),
        references=("RFC 5682", "RFC 2883", "RFC 4015"),
    ),
    CodePage(
        code="loss.fin_retransmitted",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("A FIN was sent again"),
        what=msg("The end of the stream was not acknowledged in time: FIN or ACK was lost, or a firewall drops closing segments."),
        why=msg("Once is a note. If it never arrives, the closer forgets after about 102 s and the peer keeps a half-open connection."),
        live=(msg('FIN-WAIT-1 or LAST-ACK with timer "on".'),),
        capture=(msg("The same FIN again."),),
        alike=(Alike("close.fin_wait1_pile", msg("Many sockets in that state.")),),
        do=(Step(Place.NETWORK, msg("Check that firewalls let FIN pass after a pause.")),),
        states=("FIN-WAIT-1", "LAST-ACK", "CLOSING"),
        knobs=("tcp_orphan_retries",),
        references=("RFC 9293 §3.8.1", "RFC 9293 §3.6"),
    ),
    CodePage(
        code="loss.handshake_ack",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("The third segment of the handshake was lost"),
        what=msg(
            "The client is ESTABLISHED, the server still SYN-RECEIVED: the ACK did not arrive. The first data, or the "
            "answer to a repeated SYN-ACK, repairs it."
        ),
        why=msg("Normally unnoticed. If the server speaks first, the first answer comes 1 s late."),
        capture=(msg("SYN-ACK again after 1 s, followed by an ACK, or data that the server accepts as the ACK."),),
        alike=(Alike("handshake.accept_queue_overflow", msg("The ACK did arrive, and the queue was full.")),),
        do=(Step(Place.NETWORK, msg("Look for loss on the way to the server.")),),
        states=("SYN-RECEIVED", "ESTABLISHED"),
        knobs=("tcp_synack_retries",),
        references=("RFC 9293 §3.10.7.4", "RFC 9293 §3.5"),
    ),
)
