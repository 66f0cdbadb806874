"""Closing a connection: the pages of `close.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="close.close_wait_leak",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.BOTH,
        title=msg("The application does not close its connections (CLOSE-WAIT leak)"),
        what=msg(
            "The peer has closed; this host acknowledged its FIN, and the application has not called close(). Nothing but "
            "close() ends this state."
        ),
        why=msg("Each one holds a file descriptor and memory, until accept() and connect() fail with EMFILE or the pool is empty."),
        live=(
            msg("CLOSE-WAIT without a timer, growing, all of one process. Recv-Q 1 is the FIN alone; more is unread data."),
            msg("Age: at least tcpi_last_ack_recv, not tcpi_last_data_recv. When closed at last with unread data, TCPAbortOnClose grows."),
        ),
        capture=(msg("The peer's FIN is acknowledged, and our FIN never comes."),),
        alike=(
            Alike("close.half_close_used", msg("The application still sends on purpose after the peer's FIN.")),
            Alike("app.fd_limit", msg("The consequence, not the cause.")),
            Alike("", msg("A short spike with ages below 1 s is normal, and a busy thread is not a leak.")),
        ),
        do=(
            Step(
                Place.APPLICATION,
                msg(
                    "Find the path on which read() = 0 is not followed by close(): exceptions, pools that do not check, stuck "
                    "threads. Owner: descriptor, process, stack."
                ),
            ),
            Step(Place.APPLICATION, msg("As a stopgap, restart the process.")),
        ),
        caution=msg(
            "Keepalive does not clear CLOSE-WAIT while the peer's host lives. ss -K frees the socket, but the descriptor "
            "stays open, and the application gets ECONNABORTED."
        ),
        states=("CLOSE-WAIT",),
        knobs=("SO_KEEPALIVE", "nofile"),
        references=("RFC 9293 §3.6", "RFC 9293 §3.10.4", "net/ipv4/tcp.c"),
    ),
    CodePage(
        code="close.fin_wait2_stuck",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The peer does not close its side (FIN-WAIT-2)"),
        what=msg("Our FIN is acknowledged, the peer's FIN does not come: the peer sits in CLOSE-WAIT. Its application is the cause."),
        why=msg(
            "Orphans leave after tcp_fin_timeout (60 s). A socket that a process still holds, after shutdown(SHUT_WR), has "
            "no timer and stays for ever."
        ),
        live=(msg('Orphan: inode 0, timer "timewait". Held: a process, no timer. sockstat counts orphans in tw.'),),
        capture=(msg("Our FIN and its ACK, then nothing from the peer. Data of the peer after the timeout is answered by RST."),),
        alike=(
            Alike("close.half_close_used", msg("The peer still sends data: a half-close that works.")),
            Alike("close.fin_wait1_pile", msg("There our FIN is not acknowledged.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Peer: close on read() = 0. Here: bound the wait after shutdown() by a read timeout.")),
            Step(Place.SOCKET, msg("TCP_LINGER2 sets the time for one socket.")),
            Step(Place.KERNEL, msg("tcp_fin_timeout bounds the orphans.")),
        ),
        caution=msg("A shorter tcp_fin_timeout answers slow peers by RST; it does not touch TIME-WAIT."),
        states=("FIN-WAIT-2", "CLOSE-WAIT"),
        knobs=("tcp_fin_timeout", "TCP_LINGER2", "tcp_max_tw_buckets"),
        references=("RFC 9293 §3.6", "ip-sysctl: tcp_fin_timeout", "net/ipv4/tcp.c"),
    ),
    CodePage(
        code="close.fin_wait1_pile",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Our FIN is not acknowledged (FIN-WAIT-1)"),
        what=msg(
            "The process has closed, but data before the FIN, or the FIN itself, is not acknowledged: the peer is gone, or "
            "it does not read (zero window)."
        ),
        why=msg(
            "Each one holds up to a send buffer of kernel memory without any process. Clients that vanish or stop reading "
            "in the middle of a download leave them."
        ),
        live=(
            msg(
                'Inode 0, Send-Q above 0. Timer "on": a dead peer, about 106.6 s. Timer "persist": a peer that does not '
                "read. sockstat orphan grows (it counts the whole host)."
            ),
        ),
        capture=(msg("Data or FIN sent again without an ACK; or zero-window probes, each answered by window 0."),),
        alike=(
            Alike("close.fin_wait2_stuck", msg("There our FIN is acknowledged.")),
            Alike("loss.fin_retransmitted", msg("A single FIN that is acknowledged at the second try.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Bound writing in time before close().")),
            Step(Place.SOCKET, msg("TCP_USER_TIMEOUT ends such a connection.")),
            Step(Place.KERNEL, msg("tcp_orphan_retries=2 or 3 on busy web edges.")),
        ),
        caution=msg("Too few retries lose the last bytes of slow clients."),
        states=("FIN-WAIT-1",),
        knobs=("tcp_orphan_retries", "TCP_USER_TIMEOUT", "tcp_max_orphans"),
        references=("RFC 9293 §3.6", "ip-sysctl: tcp_orphan_retries", "net/ipv4/tcp_timer.c"),
    ),
    CodePage(
        code="close.last_ack_pile",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The last FIN is not acknowledged (LAST-ACK)"),
        what=msg(
            "Both sides have closed; our FIN, or its ACK, is lost. Often the peer is gone, or a firewall forgot the flow "
            "after the first FIN."
        ),
        why=msg("Little harm: each ends by itself after about 106.9 s. A crowd says that closing segments do not pass."),
        live=(msg('LAST-ACK, Send-Q 1, timer "on", inode 0; at the end TCPAbortOnTimeout.'),),
        capture=(msg("The peer's FIN, our FIN, then our FIN again and again without an ACK."),),
        alike=(
            Alike("close.closing_pile", msg("Both FINs crossed, and both sides wait.")),
            Alike("middlebox.idle_timeout", msg("The firewall forgot the flow before any FIN.")),
        ),
        do=(
            Step(
                Place.NETWORK,
                msg("Keep closed flows longer in the firewall (conntrack holds LAST-ACK 30 s, FIN-WAIT 120 s), and look for loss."),
            ),
            Step(Place.KERNEL, msg("tcp_orphan_retries shortens it.")),
        ),
        states=("LAST-ACK",),
        knobs=("tcp_orphan_retries",),
        references=("RFC 9293 §3.6", "net/ipv4/tcp_timer.c"),
    ),
    CodePage(
        code="close.closing_pile",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Both FINs crossed and the ACKs are missing (CLOSING)"),
        what=msg("Both sides closed at the same time, and the acknowledgements of the FINs are lost."),
        why=msg("One such socket means nothing. Many say that one direction of the path loses packets."),
        live=(msg('CLOSING on both sides, Send-Q 1, timer "on".'),),
        capture=(msg("Two FINs that cross, then both sent again."),),
        alike=(Alike("close.simultaneous", msg("The normal case: both ACKs arrive and both sides go to TIME-WAIT.")),),
        do=(Step(Place.NETWORK, msg("Look for loss in one direction.")),),
        states=("CLOSING",),
        knobs=("tcp_orphan_retries",),
        references=("RFC 9293 §3.6", "RFC 9293 figure 13"),
    ),
    CodePage(
        code="close.orphan_limit",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.LIVE,
        title=msg("Too many connections without a process"),
        what=msg(
            "The orphans of the host (FIN-WAIT-1, CLOSING, LAST-ACK without a process) exceed tcp_max_orphans. New ones are "
            "ended by RST instead of FIN."
        ),
        why=msg("Clients get ECONNRESET and lose the end of their data."),
        live=(
            msg(
                "sockstat orphan against tcp_max_orphans (under memory pressure each counts double); TCPAbortOnMemory; "
                'kernel log "TCP: too many orphaned sockets".'
            ),
        ),
        alike=(Alike("memory.tcp_pressure", msg("There memory is short: sockstat mem against tcp_mem.")),),
        do=(
            Step(Place.APPLICATION, msg("Remove the cause of the pile: see close.fin_wait1_pile.")),
            Step(Place.SOCKET, msg("TCP_USER_TIMEOUT bounds each connection.")),
            Step(Place.KERNEL, msg("tcp_orphan_retries=2 or 3; a higher tcp_max_orphans last.")),
        ),
        caution=msg("Each orphan may hold up to about 64 KB that cannot be swapped."),
        states=("FIN-WAIT-1", "LAST-ACK", "CLOSING"),
        knobs=("tcp_max_orphans", "tcp_orphan_retries", "tcp_mem"),
        references=("ip-sysctl: tcp_max_orphans", "net/ipv4/tcp.c"),
    ),
    CodePage(
        code="close.simultaneous",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("Both ends closed at the same time"),
        what=msg("The two FINs crossed on the way. Both ends went through CLOSING, and both wait in TIME-WAIT."),
        why=msg("Legal and harmless. It is the only way in which both ends have a TIME-WAIT."),
        capture=(msg("Each side's FIN left before it had seen the other's."),),
        alike=(Alike("close.closing_pile", msg("The ACKs are missing and the FINs are sent again.")),),
        states=("CLOSING", "TIME-WAIT"),
        references=("RFC 9293 §3.6", "RFC 9293 figure 13"),
    ),
    CodePage(
        code="close.half_close_used",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("One direction was closed, the other went on"),
        what=msg("After one side's FIN the other side kept sending data: a half-close, as shutdown(SHUT_WR) makes it."),
        why=msg("Legal, and some protocols need it. Firewalls and proxies may cut it early: conntrack keeps CLOSE-WAIT for 60 s only."),
        capture=(msg("FIN of one side, its ACK, then data of the other side, and its FIN later."),),
        alike=(Alike("close.close_wait_leak", msg("There the second side sends nothing and never closes.")),),
        states=("FIN-WAIT-2", "CLOSE-WAIT"),
        knobs=("nf_conntrack_tcp_timeout_close_wait",),
        references=("RFC 9293 §3.6.1",),
    ),
    CodePage(
        code="close.half_close_through_proxy",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A proxy cuts half-closed connections"),
        what=msg(
            "One side ended its direction with shutdown(SHUT_WR) and waits for the answer; a proxy or NAT between them "
            "drops the half-closed flow early."
        ),
        why=msg("The answer is lost: the client sees a reset, or waits for ever."),
        live=(msg("A pair of FIN-WAIT-2, held by a process, and CLOSE-WAIT, without progress."),),
        capture=(msg("FIN, ACK, silence longer than the proxy's timer, then RST or nothing."),),
        alike=(Alike("close.close_wait_leak", msg("The peer's application does not answer at all, also without a proxy.")),),
        do=(
            Step(Place.APPLICATION, msg("Do not mark the end of a request by shutdown(SHUT_WR); send its length.")),
            Step(Place.NETWORK, msg("Raise the proxy's timers for half-closed connections.")),
        ),
        states=("FIN-WAIT-2", "CLOSE-WAIT"),
        knobs=("nf_conntrack_tcp_timeout_close_wait",),
        references=("RFC 9293 §3.6.1", "RFC 5382"),
    ),
)
