"""Opening a connection: the pages of `handshake.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="handshake.refused",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The connection is refused"),
        what=msg(
            "A SYN was answered by RST: the host is there, but nothing listens on that address and port. connect() fails at "
            "once with ECONNREFUSED (111)."
        ),
        why=msg(
            "The service is down, on another port, or bound to another address, address family or network namespace. "
            "Clients that retry in a tight loop load both hosts."
        ),
        live=(
            msg("Client: Tcp.ActiveOpens and Tcp.AttemptFails grow by one each; SYN-SENT is too short to be seen."),
            msg("Server: Tcp.OutRsts grows, and no LISTEN exists for that address, port, family and namespace."),
        ),
        capture=(msg("SYN, then RST,ACK with sequence number 0, acknowledgement ISN+1 and window 0, within one round trip."),),
        alike=(
            Alike(
                "handshake.rejected_icmp",
                msg("A firewall that rejects by ICMP port unreachable gives the same error 111, but the capture shows ICMP and no RST."),
            ),
            Alike(
                "rst.from_middlebox",
                msg(
                    "A firewall that rejects by RST: the server's OutRsts does not move, the firewall's counter does, and the "
                    "TTL of the RST differs."
                ),
            ),
            Alike(
                "handshake.abort_on_overflow",
                msg("A full accept queue with tcp_abort_on_overflow=1 also answers by RST, but a LISTEN exists and its queue is full."),
            ),
        ),
        do=(
            Step(Place.APPLICATION, msg("Start the service, or bind it to the address and family its clients use.")),
            Step(Place.APPLICATION, msg("Let clients retry with growing, random waits.")),
        ),
        caution=msg("No kernel setting helps."),
        states=("CLOSED", "SYN-SENT", "LISTEN"),
        references=("RFC 9293 §3.10.7.1", "RFC 9293 §3.5.2", "net/ipv4/tcp_ipv4.c"),
    ),
    CodePage(
        code="handshake.rejected_icmp",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The connection attempt is rejected by ICMP"),
        what=msg(
            "A router or firewall answered the SYN with ICMP destination unreachable. The code decides the error: host or "
            "administratively prohibited gives EHOSTUNREACH (113), network ENETUNREACH (101), port unreachable ECONNREFUSED "
            "(111)."
        ),
        why=msg(
            "Somebody on the path refuses on purpose, or the last router does not reach the host. The text of the error "
            "alone points to the wrong place."
        ),
        live=(
            msg("Client: Icmp.InDestUnreachs, IcmpMsg.InType3 and Tcp.AttemptFails grow."),
            msg(
                "LockDroppedIcmps grows when the ICMP message came while the socket was locked; the error then appears only "
                "after the first retransmission, about 1.0 s later."
            ),
        ),
        capture=(msg("ICMP type 3, code 0, 1, 3, 9, 10 or 13, that quotes the SYN. Its source address names the device that refuses."),),
        alike=(
            Alike("handshake.refused", msg("A closed port answers by RST, without ICMP.")),
            Alike("path.no_route", msg("Without a route nothing leaves the client, and the error comes at once.")),
        ),
        do=(Step(Place.NETWORK, msg("Correct the rule or the route at the device that sent the ICMP message.")),),
        caution=msg("iptables REJECT answers with port unreachable by default and so looks like a closed port."),
        states=("SYN-SENT",),
        references=("RFC 9293 §3.9.2.2", "RFC 1122 §4.2.3.9", "RFC 792"),
    ),
    CodePage(
        code="handshake.filtered",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("SYNs vanish: no answer at all"),
        what=msg(
            "SYNs leave and nothing comes back: neither SYN-ACK, nor RST, nor ICMP. connect() hangs 131 s (127 s before "
            "Linux 6.5) and ends with ETIMEDOUT (110)."
        ),
        why=msg(
            "Each attempt blocks a thread or a pool slot for minutes. Something drops silently: a firewall or security "
            "group, a dead host behind a living router, a wrong route, rp_filter or a full queue at the peer."
        ),
        live=(
            msg(
                'Client: SYN-SENT with Send-Q 1 and timer "on"; TCPSynRetrans, TCPTimeouts, Tcp.RetransSegs and '
                "TcpTimeoutRehash grow; at the end TCPAbortOnTimeout and Tcp.AttemptFails."
            ),
            msg("Server: nothing moves."),
        ),
        capture=(
            msg(
                "At the client: SYNs at 0, 1, 2, 3, 4, 5, 7, 11, 19, 35 s (0, 1, 3, 7, 15, 31 s before Linux 6.5) and no "
                "answer. At the server: none arrives."
            ),
        ),
        alike=(
            Alike("handshake.return_path_blocked", msg("The server is in SYN-RECEIVED and repeats its SYN-ACK: the way back is blocked.")),
            Alike("path.neighbour_failure", msg("Error 113 after about 3 s and only ARP on the wire.")),
            Alike(
                "path.local_firewall_drop",
                msg("TCPRetransFail grows and the SYN does not reach the network card: the client's own firewall."),
            ),
            Alike("handshake.accept_queue_overflow", msg("The SYNs arrive at the server, whose ListenOverflows grows.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Give connect() a timeout of 3 to 5 s.")),
            Step(Place.NETWORK, msg("Find the last hop that still sees the SYN, and repair its filter or route.")),
            Step(Place.SOCKET, msg("TCP_USER_TIMEOUT also bounds connect(): 5000 gave 5.02 s.")),
            Step(Place.KERNEL, msg("tcp_syn_retries=3 gives up after 19 s (15 s before Linux 6.5).")),
        ),
        caution=msg("A lower tcp_syn_retries for the whole host harms lossy links."),
        states=("SYN-SENT",),
        knobs=("tcp_syn_retries", "tcp_syn_linear_timeouts", "TCP_USER_TIMEOUT"),
        references=("RFC 9293 §3.8.3", "ip-sysctl: tcp_syn_retries", "net/ipv4/tcp_timer.c"),
    ),
    CodePage(
        code="handshake.return_path_blocked",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The SYN arrives, the SYN-ACK does not come back"),
        what=msg(
            "The server answers and stays in SYN-RECEIVED; its SYN-ACKs, or the client's ACKs, do not arrive. The client "
            "sees the same silence as with a filtered SYN."
        ),
        why=msg(
            "The way there works and the way back does not: asymmetric routing through a stateful firewall, a filter on the "
            "return path, a wrong source address or NAT hairpin, or a forged source."
        ),
        live=(
            msg(
                'Server: SYN-RECV with timer "on" for about 63 s; TCPSynRetrans +5, TCPTimeouts +6, Tcp.RetransSegs +5 for '
                "each attempt; Tcp.PassiveOpens does not move."
            ),
        ),
        capture=(msg("At the server: SYN-ACK at 0, 1, 3, 7, 15, 31 s. At the client: none."),),
        alike=(
            Alike("handshake.accept_queue_overflow", msg("The listener's Recv-Q is above its Send-Q, and the client's ACK does arrive.")),
            Alike("attack.syn_flood", msg("Many different sources, none of which ever completes.")),
        ),
        do=(
            Step(
                Place.NETWORK,
                msg("Make both directions pass the same stateful device, or let it forward without state; check source address and NAT."),
            ),
            Step(Place.KERNEL, msg("tcp_synack_retries=2 or 3, only against floods.")),
        ),
        states=("SYN-SENT", "SYN-RECEIVED"),
        knobs=("tcp_synack_retries",),
        references=("RFC 9293 §3.10.7.2", "ip-sysctl: tcp_synack_retries"),
    ),
    CodePage(
        code="handshake.syn_retransmitted",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("A SYN was sent again"),
        what=msg("The client repeated its SYN before the connection opened."),
        why=msg(
            "One lost SYN or SYN-ACK delays the connection by 1 s, several by more. Alone it is a note; many of them "
            "towards one server point to loss or to a full queue there."
        ),
        capture=(msg("The same SYN, with the same sequence number, 1 s after the first, then 2, 3, 4, 5 s (1, 3, 7 s before Linux 6.5)."),),
        alike=(
            Alike("handshake.filtered", msg("No answer ever comes.")),
            Alike("path.ecn_black_hole", msg("Only the SYN with ECE and CWR is lost, the plain one is answered.")),
            Alike("path.tfo_black_hole", msg("Only the SYN with data is lost.")),
            Alike("order.network_duplicate", msg("A copy follows within microseconds, not after a second.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Reuse connections, so that one lost SYN does not delay each request.")),
            Step(Place.NETWORK, msg("Look for loss between the two hosts, and for a full queue at the server.")),
        ),
        states=("SYN-SENT",),
        knobs=("tcp_syn_retries", "tcp_syn_linear_timeouts"),
        references=("RFC 9293 §3.8.1", "RFC 6298 §2"),
    ),
    CodePage(
        code="handshake.synack_retransmitted",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("A SYN-ACK was sent again"),
        what=msg("The server repeated its SYN-ACK, because the client's ACK did not come or was not accepted."),
        why=msg("It is the mark of a lost third segment, of a blocked return path, or of a full accept queue. Which one, the ACK decides."),
        capture=(
            msg(
                "The same SYN-ACK at 1, 3, 7, 15, 31 s. With the client's ACK before it: the accept queue. Without any ACK: "
                "loss or a blocked path."
            ),
        ),
        alike=(
            Alike("handshake.accept_queue_overflow", msg("The client's ACK was seen, at the server, before the repetition.")),
            Alike("handshake.return_path_blocked", msg("None of them is ever answered.")),
        ),
        do=(Step(Place.NETWORK, msg("Look for loss on the way to the client.")),),
        states=("SYN-RECEIVED",),
        knobs=("tcp_synack_retries",),
        references=("RFC 9293 §3.8.1", "ip-sysctl: tcp_synack_retries"),
    ),
    CodePage(
        code="handshake.accept_queue_overflow",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.BOTH,
        title=msg("The server does not accept connections fast enough"),
        what=msg(
            "The accept queue of a listener is full. The last ACK of new handshakes is dropped silently, so clients believe "
            "they are connected while the server still repeats its SYN-ACK."
        ),
        why=msg(
            "Connects take 1 s or 3 s more, or succeed and get no answer. The CPU may be idle: usually one thread that accepts is blocked."
        ),
        live=(
            msg(
                "Listener: Recv-Q above Send-Q, its limit (for example 3 and 2); ListenOverflows and ListenDrops grow by "
                "the same amount. They count dropped segments, not clients."
            ),
            msg(
                "Server: SYN-RECV with a running timer. Client: TCPChallengeACK, TCPSYNChallenge and Tcp.InErrs grow when "
                "the repeated SYN-ACK meets an ESTABLISHED socket."
            ),
        ),
        capture=(
            msg(
                "SYN, SYN-ACK, ACK, then SYN-ACK again at 1, 3, 7 s although it was acknowledged; or a SYN sent again "
                "because it was dropped."
            ),
        ),
        alike=(
            Alike("attack.syn_flood", msg("Many entries in SYN-RECEIVED, but Recv-Q of the listener is small.")),
            Alike("handshake.filtered", msg("The counters of the server do not move.")),
            Alike("app.fd_limit", msg("The process is out of file descriptors and cannot accept: EMFILE in its log.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Accept faster: find what blocked the accepting thread, use more workers or SO_REUSEPORT.")),
            Step(Place.SOCKET, msg("Raise the backlog of listen(); the queue holds min(backlog, somaxconn) + 1.")),
            Step(
                Place.KERNEL,
                msg("Raise net.core.somaxconn as well (4096 since Linux 5.4, 128 before), then call listen() again or restart."),
            ),
        ),
        caution=msg("A huge queue only hides latency. tcp_abort_on_overflow=1 turns waiting into resets."),
        states=("LISTEN", "SYN-RECEIVED", "ESTABLISHED"),
        knobs=("backlog", "somaxconn", "tcp_abort_on_overflow", "SO_REUSEPORT"),
        references=("RFC 9293 §3.10.7.4", "ip-sysctl: somaxconn", "net/ipv4/tcp_ipv4.c", "net/ipv4/tcp_minisocks.c"),
    ),
    CodePage(
        code="handshake.abort_on_overflow",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.BOTH,
        title=msg("A full accept queue answers by RST"),
        what=msg(
            "With tcp_abort_on_overflow=1 the last ACK of a handshake is answered by RST when the accept queue is full. The "
            "client sees ECONNRESET (104) right after connect()."
        ),
        why=msg("What would have been a delay of a second becomes an error that users see."),
        live=(msg("Server: EmbryonicRsts, ListenOverflows and Tcp.OutRsts grow together; tcp_abort_on_overflow is 1."),),
        capture=(msg("SYN, SYN-ACK, ACK, then at once RST from the server."),),
        alike=(
            Alike("handshake.refused", msg("The RST answers the SYN, not the ACK.")),
            Alike("listen.closed_with_pending", msg("The listener itself has just gone away.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Accept faster, as for handshake.accept_queue_overflow.")),
            Step(Place.SOCKET, msg("Raise the backlog of listen().")),
            Step(Place.KERNEL, msg("Set tcp_abort_on_overflow=0, unless every client retries elsewhere at once.")),
        ),
        caution=msg("A handshake that used a SYN cookie gets no RST even with 1: those clients stay ESTABLISHED."),
        states=("LISTEN", "SYN-RECEIVED"),
        knobs=("tcp_abort_on_overflow", "backlog", "somaxconn"),
        references=("ip-sysctl: tcp_abort_on_overflow", "net/ipv4/tcp_minisocks.c"),
    ),
    CodePage(
        code="handshake.fake_established",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The client is connected, the server knows nothing of it"),
        what=msg(
            "The client is ESTABLISHED; the server has no such connection, or only one in SYN-RECEIVED. The first request hangs "
            "and the server never logs it."
        ),
        why=msg(
            "The accept queue was full and the last ACK was dropped; with SYN cookies the server kept no state at all. The "
            "client waits for an answer that cannot come."
        ),
        live=(
            msg("Client: ESTAB with unacknowledged data and growing retransmissions. Server: no such socket (cookies), or SYN-RECV."),
            msg(
                "Server: ListenOverflows and SyncookiesRecv grow, later Tcp.OutRsts. A burst of 200 connects against a "
                "backlog of 16 gave 164 cookies and 37 accepted connections in 25 s."
            ),
        ),
        capture=(msg("A full handshake, then data sent again and again without an ACK, later a RST."),),
        alike=(
            Alike("half_open.peer_vanished", msg("The connection worked before it fell silent.")),
            Alike("handshake.defer_accept_stall", msg("The server waits for data on purpose (TCP_DEFER_ACCEPT).")),
            Alike("path.pmtu_black_hole", msg("Small requests are acknowledged, large segments are not.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Server: accept faster. Client: bound the request in time, not only the connect.")),
            Step(Place.SOCKET, msg("Raise the backlog of listen().")),
            Step(Place.KERNEL, msg("Raise net.core.somaxconn, then listen() again.")),
        ),
        caution=msg("Proxies of layer 4 that answer SYNs for a dead backend look the same."),
        states=("ESTABLISHED", "SYN-RECEIVED"),
        knobs=("backlog", "somaxconn", "tcp_syncookies"),
        references=("net/ipv4/syncookies.c", "net/ipv4/tcp_minisocks.c"),
    ),
    CodePage(
        code="handshake.syn_queue_full",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.LIVE,
        title=msg("The SYN queue of a listener is full"),
        what=msg(
            "More connections in SYN-RECEIVED wait than the listener may hold. With cookies on, SYNs are answered by cookies; "
            "with cookies off they are dropped."
        ),
        why=msg(
            "Either a flood, or an honest burst that meets a tiny backlog: the limit of the SYN queue is the same min(backlog, somaxconn)."
        ),
        live=(
            msg(
                "Many SYN-RECV on one listener. Cookies on: TCPReqQFullDoCookies and SyncookiesSent grow together. Off: "
                "TCPReqQFullDrop and ListenDrops grow together, ListenOverflows stays."
            ),
            msg('Kernel log: "Possible SYN flooding on port ...".'),
        ),
        alike=(
            Alike("attack.syn_flood", msg("Flood: SyncookiesRecv far below SyncookiesSent. Honest burst: about equal.")),
            Alike("handshake.accept_queue_overflow", msg("There ListenOverflows grows and Recv-Q of the listener is at its limit.")),
        ),
        do=(
            Step(Place.SOCKET, msg("Raise the backlog of listen().")),
            Step(Place.KERNEL, msg("Raise net.core.somaxconn and keep tcp_syncookies=1; listen() again.")),
        ),
        caution=msg("Never set tcp_syncookies=0 to keep options. tcp_max_syn_backlog matters only with cookies off."),
        states=("SYN-RECEIVED", "LISTEN"),
        knobs=("tcp_syncookies", "backlog", "somaxconn", "tcp_max_syn_backlog", "tcp_synack_retries"),
        references=("RFC 4987", "ip-sysctl: tcp_syncookies", "net/ipv4/tcp_input.c"),
    ),
    CodePage(
        code="handshake.syncookie_side_effects",
        severity=Severity.INFO,
        seen_from=SeenFrom.LIVE,
        title=msg("Connections opened by SYN cookie have fewer options"),
        what=msg(
            "While the SYN queue is full, connections are made from cookies. With timestamps, window scale and SACK "
            "survive; without them the connection has neither."
        ),
        why=msg("Such a connection is slow for its whole life: a window of at most 64 KiB, and no selective repair of losses."),
        live=(msg("SyncookiesRecv above 0 during the overload; ss -i shows no wscale for these connections."),),
        alike=(Alike("middlebox.options_stripped", msg("A middlebox strips options at all times, not only under load.")),),
        do=(
            Step(Place.APPLICATION, msg("Avoid the overflow: accept faster.")),
            Step(Place.SOCKET, msg("Raise the backlog of listen().")),
            Step(Place.KERNEL, msg("Keep tcp_timestamps=1, and tcp_syncookies=1.")),
        ),
        states=("SYN-RECEIVED",),
        knobs=("tcp_syncookies", "tcp_timestamps", "tcp_window_scaling"),
        references=("RFC 4987 §3.6", "net/ipv4/syncookies.c"),
    ),
    CodePage(
        code="handshake.defer_accept_stall",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("The server waits for data before it accepts"),
        what=msg(
            "The listener uses TCP_DEFER_ACCEPT: the bare ACK of the handshake is dropped on purpose and the server stays "
            "in SYN-RECEIVED until data comes."
        ),
        why=msg("Harmless for HTTP. A protocol in which the server speaks first, or a health check that sends nothing, hangs."),
        live=(msg("Client ESTAB, server SYN-RECV; TCPDeferAcceptDrop grows, ListenOverflows does not, Recv-Q of the listener is 0."),),
        capture=(msg("SYN, SYN-ACK, ACK, then silence; SYN-ACK again after some seconds; at the first data all goes on."),),
        alike=(Alike("handshake.accept_queue_overflow", msg("There the queue is full and ListenOverflows grows.")),),
        do=(Step(Place.SOCKET, msg("Do not set TCP_DEFER_ACCEPT (nginx: deferred) for such a protocol.")),),
        states=("SYN-RECEIVED", "ESTABLISHED"),
        knobs=("TCP_DEFER_ACCEPT",),
        references=("tcp(7)", "net/ipv4/tcp_minisocks.c"),
    ),
    CodePage(
        code="handshake.syn_sent_pile",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("Many connection attempts wait for an answer"),
        what=msg(
            "Many sockets of this host are in SYN-SENT. Towards one destination: a dead dependency. Towards many: a scan, a "
            "worm or a wrong service discovery."
        ),
        why=msg("Each attempt holds a thread, a file and a port for up to 131 s."),
        live=(
            msg(
                "Count SYN-SENT by destination address and port, and by owner; Tcp.AttemptFails against Tcp.ActiveOpens "
                "shows how many fail."
            ),
        ),
        alike=(Alike("ports.exhausted", msg("There connect() fails at once with EADDRNOTAVAIL and no SYN leaves.")),),
        do=(
            Step(
                Place.APPLICATION,
                msg(
                    "One destination: connect timeout of 3 to 5 s and a circuit breaker. Many: look at the owner process before "
                    "anything else."
                ),
            ),
        ),
        states=("SYN-SENT",),
        knobs=("tcp_syn_retries", "TCP_USER_TIMEOUT"),
        references=("RFC 9293 §3.8.3",),
    ),
    CodePage(
        code="handshake.simultaneous_open",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("Both ends opened at the same time"),
        what=msg(
            "Both ends sent a SYN before they saw the other's. The standard makes one connection of it: SYN-SENT, "
            "SYN-RECEIVED, ESTABLISHED on both sides."
        ),
        why=msg(
            "It is legal and rare: peer-to-peer software through NAT does it on purpose. Without such software, suspect two "
            "programs bound to fixed ports."
        ),
        capture=(msg("Two SYNs cross; each is answered by SYN-ACK; no listener is involved."),),
        alike=(Alike("handshake.self_connect", msg("Both ends are the same address and port.")),),
        states=("SYN-SENT", "SYN-RECEIVED"),
        references=("RFC 9293 §3.5", "RFC 9293 figure 7"),
    ),
    CodePage(
        code="handshake.self_connect",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A program connected to itself"),
        what=msg(
            "A socket's local and remote address and port are the same. A reconnect loop to a dead local service hit its "
            "own ephemeral port; the kernel made a simultaneous open of it."
        ),
        why=msg("The program believes the service is back and reads its own bytes; the service cannot start, because its port is taken."),
        live=(msg("ESTAB with equal local and peer address and port."),),
        capture=(msg("On the loopback interface: a SYN that is answered by a SYN-ACK with the same ports, swapped into themselves."),),
        alike=(Alike("handshake.simultaneous_open", msg("Two different endpoints.")),),
        do=(
            Step(Place.APPLICATION, msg("After connect(), compare getsockname() with getpeername() and close when they are equal.")),
            Step(Place.APPLICATION, msg("Move the service's port below 32768.")),
            Step(Place.KERNEL, msg("Add the port to net.ipv4.ip_local_reserved_ports.")),
        ),
        states=("SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"),
        knobs=("ip_local_port_range", "ip_local_reserved_ports"),
        references=("RFC 9293 §3.5", "net/ipv4/tcp_input.c"),
    ),
)
