"""Time that is lost: the pages of `latency.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="latency.nagle_delayed_ack",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Nagle's algorithm and delayed ACKs wait for each other"),
        what=msg(
            "The sender writes a message in two small pieces. Nagle holds the second until the first is acknowledged; the "
            "receiver delays that ACK, for about 40 ms on Linux and 200 ms elsewhere."
        ),
        why=msg("Every request takes that long: 44.0 ms against 0.08 ms with TCP_NODELAY."),
        live=(msg("Receiver: DelayedACKs grows with the requests (39 of 40); ss -i shows ato:40; throughput is low and nothing is lost."),),
        capture=(msg("Small segment, a gap of 40 ms, a pure ACK, the second small segment."),),
        alike=(
            Alike("latency.slow_server_application", msg("The request is complete, and the answer is late.")),
            Alike("loss.tail_loss", msg("The gap ends with a repetition, not with new data.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Write the whole message in one call (writev), not in pieces.")),
            Step(Place.SOCKET, msg("TCP_NODELAY; or TCP_CORK around the pieces.")),
        ),
        caution=msg("TCP_QUICKACK is not sticky: it is no lasting cure."),
        states=("ESTABLISHED",),
        knobs=("TCP_NODELAY", "TCP_CORK", "TCP_QUICKACK"),
        references=("RFC 9293 §3.7.4", "RFC 9293 §3.8.6.3", "RFC 1122 §4.2.3.4"),
    ),
    CodePage(
        code="latency.slow_server_application",
        severity=Severity.WARNING,
        seen_from=SeenFrom.CAPTURE,
        title=msg("The server's application answers slowly"),
        what=msg("The request arrived and was acknowledged at once; the first byte of the answer came much later. The network was quick."),
        why=msg("Time is lost in the application, its database or its queue. Tuning TCP changes nothing."),
        capture=(msg("The gap between the ACK of the request and the first data of the answer, against the round-trip time."),),
        alike=(
            Alike("latency.nagle_delayed_ack", msg("The gap is 40 or 200 ms and ends with a second piece of the request.")),
            Alike("flow.receive_backlog", msg("The request is acknowledged but not yet read: Recv-Q above 0 at the server.")),
        ),
        do=(Step(Place.APPLICATION, msg("Profile the server at those moments; look at its queues and pools.")),),
        states=("ESTABLISHED",),
        references=("RFC 9293 §3.8.6.3",),
    ),
    CodePage(
        code="latency.no_response",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The request is acknowledged, and no answer comes"),
        what=msg(
            "The peer's TCP acknowledged the request, and its application sent nothing until the client gave up. A timeout "
            "set by SO_RCVTIMEO gives EAGAIN (11), not ETIMEDOUT (110)."
        ),
        why=msg("The path is healthy; the application hangs, waits for more input, or lost the request."),
        live=(msg("Client: ESTAB, Send-Q 0, lastack small against lastrcv. Server: Recv-Q tells whether the request was read."),),
        capture=(msg("Request, ACK, silence, then FIN or RST of the client."),),
        alike=(
            Alike("half_open.peer_vanished", msg("There the request is not acknowledged.")),
            Alike("handshake.fake_established", msg("The server has no such connection.")),
        ),
        do=(
            Step(
                Place.APPLICATION,
                msg(
                    "Look at the server's stack and at how it finds the end of a message: TCP is a byte stream, the framing is "
                    "the application's."
                ),
            ),
            Step(Place.APPLICATION, msg("Give each request a timeout of its own.")),
        ),
        states=("ESTABLISHED",),
        knobs=("SO_RCVTIMEO",),
        references=("RFC 9293 §3.9.1.3", "socket(7)"),
    ),
    CodePage(
        code="latency.slow_handshake",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("The handshake is slower than usual"),
        what=msg("The time from SYN to SYN-ACK is far above the smallest round-trip time of that path, without any repetition."),
        why=msg(
            "The path is long at that moment, or the server's host is overloaded: SYN-ACKs are made by its kernel, not by its application."
        ),
        capture=(msg("SYN to SYN-ACK against the round-trip times of the data that follows."),),
        alike=(Alike("handshake.syn_retransmitted", msg("A SYN was repeated: the delay is a whole second or more.")),),
        do=(Step(Place.NETWORK, msg("Compare with other connections of the same minute and path.")),),
        states=("SYN-SENT",),
        references=("RFC 9293 §3.5",),
    ),
    CodePage(
        code="latency.bufferbloat",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A full queue delays everything (bufferbloat)"),
        what=msg(
            "The round-trip time under load is several times the smallest one: packets wait in a long queue on the path, and none are lost."
        ),
        why=msg("All that shares the link gets slow: 270.9 ms instead of 10.4 ms in the measurement."),
        live=(msg("rtt above 4 times minrtt with a busy sender; a large cwnd; delivery_rate at the rate of the link."),),
        capture=(msg("Round-trip time that rises with the bytes in flight, without loss."),),
        alike=(
            Alike("", msg("A long path: the smallest round-trip time is large as well.")),
            Alike("flow.window_full", msg("The window limits, and the round-trip time stays small.")),
        ),
        do=(
            Step(Place.NETWORK, msg("fq_codel or cake at the bottleneck, or a shorter queue.")),
            Step(Place.SOCKET, msg("TCP_CONGESTION=bbr at the sender.")),
            Step(Place.KERNEL, msg("tcp_notsent_lowat and moderate buffers.")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_congestion_control", "TCP_CONGESTION", "tcp_notsent_lowat", "tcp_wmem"),
        references=("RFC 8290", "RFC 7567"),
    ),
    CodePage(
        code="latency.slow_start_after_idle",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("The connection starts slowly after each pause"),
        what=msg("After an idle RTO the congestion window falls back to its initial size; the next burst takes several round trips."),
        why=msg("Long-lived connections with occasional bursts are as slow as new ones: cwnd 886 fell to 10 after 3 s."),
        live=(msg("cwnd of tcp_info small after a pause, ssthresh still large (860)."),),
        capture=(msg("After a pause the flight starts with about 10 segments and doubles with each round trip, without loss."),),
        alike=(Alike("loss.rto", msg("There a loss made it small.")),),
        do=(Step(Place.KERNEL, msg("tcp_slow_start_after_idle=0, inside your own data centre.")),),
        caution=msg("On the open internet the old window may not fit the path any more."),
        states=("ESTABLISHED",),
        knobs=("tcp_slow_start_after_idle",),
        references=("RFC 5681 §4.1", "ip-sysctl: tcp_slow_start_after_idle"),
    ),
)
