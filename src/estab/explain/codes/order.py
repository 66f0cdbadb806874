"""Order, copies and old segments: the pages of `order.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="order.out_of_order",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Packets arrive out of order"),
        what=msg("Segments overtake each other on the path, mostly because one connection is spread over several links."),
        why=msg("Duplicate ACKs look like loss; the sender repeats data and slows down without need."),
        live=(
            msg(
                "TCPSACKReorder, TCPTSReorder; reord_seen of tcp_info; dsack_dups about as large as the retransmissions. "
                "Receiver: TCPOFOQueue."
            ),
        ),
        capture=(
            msg(
                "A segment with a lower sequence number follows within less than a round trip, with an older timestamp or "
                "IP ID, and is not a repetition."
            ),
        ),
        alike=(
            Alike("loss.retransmission", msg("The late segment has a newer timestamp: it was sent again.")),
            Alike("", msg("A capture on several interfaces or cards with several queues can itself be out of order.")),
        ),
        do=(
            Step(Place.NETWORK, msg("Spread by flow and not by packet (ECMP, bonding).")),
            Step(Place.KERNEL, msg("tcp_max_reordering (300) bounds how much the kernel adapts.")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_reordering", "tcp_max_reordering", "tcp_recovery"),
        references=("RFC 8985", "RFC 4653"),
    ),
    CodePage(
        code="order.network_duplicate",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The network delivers packets twice"),
        what=msg(
            "The same packet, with the same IP ID, appears twice: copied by the network, a mirror port, or a capture on two interfaces."
        ),
        why=msg("Copies of a mirror are harmless. Real ones cost bandwidth and mislead counters."),
        live=(
            msg(
                "dsack_dups about equal to the segments (208 of 208), TCPDSACKIgnoredDubious; at the receiver "
                "TCPDSACKOldSent; no retransmissions."
            ),
        ),
        capture=(msg("Two identical packets within microseconds to milliseconds."),),
        alike=(Alike("loss.retransmission", msg("A retransmission has another IP ID or timestamp and comes later.")),),
        do=(Step(Place.NETWORK, msg("Check mirror ports, bridges and bonding for loops and copies.")),),
        states=("ESTABLISHED",),
        knobs=("tcp_dsack",),
        references=("RFC 2883",),
    ),
    CodePage(
        code="order.paws_drop",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Segments dropped for an old timestamp (PAWS)"),
        what=msg("A segment whose timestamp is older than the last accepted one is discarded and answered by an ACK."),
        why=msg("Right for old copies. Wrong when a NAT merges hosts or a device rewrites timestamps: then good data is lost silently."),
        live=(msg("PAWSEstab grows by one for each segment. Plain duplicates raise it too: it does not prove clock trouble."),),
        capture=(msg("Data with a lower TSval than before, answered by a duplicate ACK and sent again."),),
        alike=(
            Alike("order.network_duplicate", msg("The dropped segments are copies.")),
            Alike("timewait.syn_collision", msg("A SYN, against a TIME-WAIT.")),
        ),
        do=(Step(Place.NETWORK, msg("Correct the device that merges or rewrites timestamps.")),),
        caution=msg("tcp_timestamps=0 is a test only: it loses PAWS, RTT quality and tcp_tw_reuse."),
        states=("ESTABLISHED",),
        knobs=("tcp_timestamps", "tcp_tw_reuse"),
        references=("RFC 7323 §5",),
    ),
)
