"""Windows and buffers: the pages of `flow.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="flow.zero_window",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The receiver does not read: zero window"),
        what=msg("The receiver announced window 0: its buffer is full because its application does not read. The sender may only probe."),
        why=msg(
            "The transfer stands still while both ends are ESTABLISHED, and it never times out by itself as long as the "
            "probes are answered."
        ),
        live=(
            msg('Sender: large Send-Q, timer "persist" with backoff, rwnd_limited close to 100 %, TCPWinProbe grows.'),
            msg("Receiver: Recv-Q near its buffer, TCPToZeroWindowAdv and PruneCalled grow; when it reads again, TCPFromZeroWindowAdv."),
        ),
        capture=(
            msg(
                "An ACK with window 0; probes of length 0 from 0.2 s on, doubling, each answered with window 0; at the end a window update."
            ),
        ),
        alike=(
            Alike("half_open.peer_vanished", msg("The probes are not answered at all.")),
            Alike("flow.window_full", msg("The window is small but not zero, and moves on.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Receiver: find where the owner is blocked (its stack), make reading independent of slow work.")),
            Step(Place.APPLICATION, msg("Sender: bound a write in time.")),
            Step(Place.SOCKET, msg("TCP_USER_TIMEOUT at the sender bounds it (4000 ms took 4.3 s).")),
        ),
        caution=msg("A larger tcp_rmem only delays it."),
        states=("ESTABLISHED", "FIN-WAIT-1"),
        knobs=("TCP_USER_TIMEOUT", "tcp_rmem"),
        references=("RFC 9293 §3.8.6.1", "RFC 9293 §3.8.6"),
    ),
    CodePage(
        code="flow.persist_probes",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("Zero-window probes"),
        what=msg("The sender asks whether the window has opened. The first probe comes after one RTO, then at doubling intervals."),
        why=msg("Normal behaviour towards a slow reader. How long it lasts says how long the reader did not read."),
        live=(msg('Timer "persist"; TCPWinProbe grows. ss prints "5.540ms" for 5.540 seconds.'),),
        capture=(msg("Segments without new data, or with one byte, while the window is 0, each answered."),),
        alike=(Alike("keepalive.answered", msg("Keepalive probes an idle connection; there is no data waiting and the window is not 0.")),),
        states=("ESTABLISHED",),
        references=("RFC 9293 §3.8.6.1", "RFC 1122 §4.2.2.17"),
    ),
    CodePage(
        code="flow.window_full",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("The sender fills the window and waits"),
        what=msg("The sender has sent all that the receiver's window allows and must wait for an ACK or a window update."),
        why=msg("Throughput is the window divided by the round-trip time, whatever the bandwidth."),
        live=(
            msg("tcp_info: rwnd_limited (the receiver), sndbuf_limited (our own buffer), or neither with busy near 100 % (the network)."),
        ),
        capture=(msg("Bytes in flight equal the announced window, scaled; then a pause of one round trip."),),
        alike=(
            Alike("flow.zero_window", msg("The window is 0.")),
            Alike("congestion.ecn_marks", msg("The congestion window limits, not the receiver's.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Reader: read earlier and in larger pieces.")),
            Step(Place.SOCKET, msg("Do not set SO_RCVBUF; let the kernel tune the buffer.")),
            Step(Place.KERNEL, msg("tcp_window_scaling=1, and a tcp_rmem[2] of at least bandwidth x round-trip time.")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_rmem", "SO_RCVBUF", "tcp_window_scaling"),
        references=("RFC 9293 §3.8.6", "RFC 7323 §2"),
    ),
    CodePage(
        code="flow.receiver_limited",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The receiver limits the transfer"),
        what=msg("Most of the time the sender could send and the receiver's window does not let it."),
        why=msg("The network is not the bottleneck: neither bandwidth nor congestion control helps."),
        live=(msg("rwnd_limited of tcp_info, as a share of busy time: 50.5 % in the measurement."),),
        capture=(msg("Bytes in flight stay at the announced window while nothing is lost."),),
        alike=(
            Alike("flow.bdp_limited", msg("The window is as large as the buffer allows, and the path is long.")),
            Alike("middlebox.options_stripped", msg("No window scale: the window cannot exceed 65,535 bytes.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Read faster at the receiver.")),
            Step(Place.SOCKET, msg("Do not set SO_RCVBUF.")),
            Step(Place.KERNEL, msg("Raise tcp_rmem[2].")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_rmem", "SO_RCVBUF", "tcp_moderate_rcvbuf"),
        references=("RFC 9293 §3.8.6", "net/ipv4/tcp.c"),
    ),
    CodePage(
        code="flow.receive_backlog",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("Received data waits for the application"),
        what=msg("Recv-Q of an established connection stays above 0: data has arrived and the application does not read it."),
        why=msg("Requests wait inside this host; soon the window closes and the sender stops."),
        live=(msg("Recv-Q over several samples. A small lastrcv: still arriving. A large one: abandoned."),),
        alike=(
            Alike("flow.zero_window", msg("The next stage: the buffer is full.")),
            Alike("", msg("On a LISTEN, Recv-Q is the accept queue; on CLOSE-WAIT it counts the FIN as one byte.")),
        ),
        do=(Step(Place.APPLICATION, msg("Give reading its own threads; find what the owner waits for.")),),
        states=("ESTABLISHED",),
        knobs=("tcp_rmem",),
        references=("RFC 9293 §3.9.1.3",),
    ),
    CodePage(
        code="flow.rcvbuf_pruned",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("The receive buffer is squeezed or overrun"),
        what=msg(
            "The receive buffer is full of small segments and their overhead. The kernel merges them, and in the end drops "
            "data it had accepted."
        ),
        why=msg("CPU time goes into merging, and dropped data must be sent again."),
        live=(
            msg(
                "TCPRcvCollapsed and PruneCalled grow; worse: RcvPruned, OfoPruned, TCPOFODrop, TCPRcvQDrop, "
                "TCPZeroWindowDrop. skmem r is close to rb."
            ),
        ),
        alike=(Alike("flow.zero_window", msg("The window closed in time and nothing was dropped.")),),
        do=(
            Step(Place.APPLICATION, msg("Read faster; let the sender write larger pieces.")),
            Step(Place.SOCKET, msg("Do not set SO_RCVBUF: it switches autotuning off.")),
            Step(Place.KERNEL, msg("Raise tcp_rmem[2].")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_rmem", "SO_RCVBUF"),
        references=("net/ipv4/tcp_input.c",),
    ),
    CodePage(
        code="flow.bdp_limited",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("Buffers are smaller than the path needs"),
        what=msg(
            "The largest buffer (tcp_rmem[2] at the receiver, tcp_wmem[2] at the sender, or a fixed SO_RCVBUF or SO_SNDBUF) "
            "is smaller than bandwidth x round-trip time."
        ),
        why=msg("One connection cannot fill the path: 6 MiB at 100 ms is about 500 Mbit/s."),
        live=(msg("rwnd_limited or sndbuf_limited high, throughput about window divided by round-trip time, no loss."),),
        capture=(msg("Bytes in flight reach the same ceiling again and again, without loss."),),
        alike=(
            Alike("flow.receiver_limited", msg("The reader is slow: Recv-Q grows.")),
            Alike("latency.bufferbloat", msg("The round-trip time grows with the data in flight.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Several connections, or compression.")),
            Step(Place.SOCKET, msg("Do not set SO_RCVBUF and SO_SNDBUF.")),
            Step(Place.KERNEL, msg("Raise tcp_rmem[2] and tcp_wmem[2]; rmem_max does not limit autotuning.")),
        ),
        caution=msg("Huge values for all sockets bring bufferbloat and memory pressure."),
        states=("ESTABLISHED",),
        knobs=("tcp_rmem", "tcp_wmem", "SO_RCVBUF", "SO_SNDBUF", "rmem_max"),
        references=("RFC 7323 §1.1", "ip-sysctl: tcp_rmem"),
    ),
)
