"""What the RFC does not say about the states: how long Linux keeps them, what a crowd of them means, what to do."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass

from estab.explain.codes.declare import Place, Step
from estab.machine.states import State
from estab.text import Text, msg


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFacts:
    """One state as people meet it; `ss` and `netstat` are its spellings in these tools, `number` that of /proc/net/tcp."""

    title: Text
    ss: str
    netstat: str
    number: int
    meaning: Text
    lasts: Text
    crowd: Text
    do: tuple[Step, ...] = ()
    codes: tuple[str, ...] = ()


_FACTS = {
    State.CLOSED: StateFacts(
        title=msg("There is no connection"),
        ss="UNCONN",
        netstat="CLOSE",
        number=7,
        meaning=msg(
            "No connection exists. It is fictional: there is no TCB, and every segment but RST that arrives for it is "
            "answered by RST. On Linux also the state of a socket before connect() or listen(), and after its end."
        ),
        lasts=msg("No time of its own. The tracepoint inet_sock_set_state also prints CLOSE where a socket becomes a TIME-WAIT entry."),
        crowd=msg(
            "Sockets that were made and never connected, or whose connection ended while the program still holds the "
            "descriptor: a descriptor leak."
        ),
        do=(Step(Place.APPLICATION, msg("Close descriptors when their connection has ended.")),),
        codes=("handshake.refused", "half_open.peer_restarted"),
    ),
    State.LISTEN: StateFacts(
        title=msg("Waiting for connections"),
        ss="LISTEN",
        netstat="LISTEN",
        number=10,
        meaning=msg(
            "A server waits for SYNs. Each SYN makes an entry in SYN-RECEIVED beside the listener; the listener itself stays in "
            "LISTEN. In ss its Recv-Q is the accept queue now, its Send-Q the limit."
        ),
        lasts=msg("As long as the program keeps it open."),
        crowd=msg("One for each service, address and SO_REUSEPORT worker. More than that: check who they are."),
        do=(
            Step(Place.APPLICATION, msg("Recv-Q above Send-Q: the application accepts too slowly.")),
            Step(Place.SOCKET, msg("Raise the backlog of listen(), and somaxconn with it.")),
        ),
        codes=(
            "handshake.accept_queue_overflow",
            "listen.unexpected",
            "listen.wrong_address",
            "listen.closed_with_pending",
            "app.fd_limit",
        ),
    ),
    State.SYN_SENT: StateFacts(
        title=msg("The SYN is out, no answer yet"),
        ss="SYN-SENT",
        netstat="SYN_SENT",
        number=2,
        meaning=msg("connect() was called and the SYN has left. Normally over within one round trip."),
        lasts=msg(
            "Without any answer 131 s (127 s before Linux 6.5) by tcp_syn_retries=6; 19 s with 3. TCP_USER_TIMEOUT and the "
            "application's own timeout end it earlier."
        ),
        crowd=msg("To one destination: that service or the way to it is down. To many: a scan, or a wrong configuration."),
        do=(
            Step(Place.APPLICATION, msg("Give connect() a timeout of 3 to 5 s, and a circuit breaker.")),
            Step(Place.NETWORK, msg("Find out whether the SYN arrives at the server.")),
        ),
        codes=("handshake.filtered", "handshake.return_path_blocked", "handshake.syn_sent_pile", "attack.port_scan"),
    ),
    State.SYN_RECEIVED: StateFacts(
        title=msg("Half open: SYN seen, our SYN-ACK not yet acknowledged"),
        ss="SYN-RECV",
        netstat="SYN_RECV",
        number=3,
        meaning=msg(
            "A SYN has been answered by SYN-ACK, and the last ACK of the handshake is missing. On a server this is an entry "
            "of the SYN queue: it has no process and no descriptor."
        ),
        lasts=msg("63 s without an ACK, with tcp_synack_retries=5 (SYN-ACK at 0, 1, 3, 7, 15, 31 s)."),
        crowd=msg(
            "Many sources: a SYN flood. Known clients: the way back is blocked, or the accept queue is full (then Recv-Q of "
            "the listener is at its limit)."
        ),
        do=(
            Step(Place.APPLICATION, msg("Accept faster when the accept queue is full.")),
            Step(Place.KERNEL, msg("Keep tcp_syncookies=1.")),
        ),
        codes=(
            "attack.syn_flood",
            "handshake.syn_queue_full",
            "handshake.return_path_blocked",
            "handshake.accept_queue_overflow",
            "handshake.defer_accept_stall",
        ),
    ),
    State.ESTABLISHED: StateFacts(
        title=msg("The connection is open"),
        ss="ESTAB",
        netstat="ESTABLISHED",
        number=1,
        meaning=msg(
            "This end believes that the connection is open in both directions. It does not prove that the other end believes so too."
        ),
        lasts=msg(
            "Without traffic for ever, unless SO_KEEPALIVE is set: then 7200 + 9 x 75 = 7875 s by default. With "
            "unacknowledged data at least 924.6 s (tcp_retries2=15)."
        ),
        crowd=msg(
            "Normal for a busy server. Suspicious when their number grows while clients do not: clients reconnect and the "
            "old connections are half open."
        ),
        do=(
            Step(Place.APPLICATION, msg("A heartbeat, at less than half of the smallest idle timeout on the path.")),
            Step(Place.SOCKET, msg("SO_KEEPALIVE with TCP_KEEPIDLE; TCP_USER_TIMEOUT for data.")),
        ),
        codes=(
            "half_open.suspected",
            "half_open.peer_vanished",
            "handshake.fake_established",
            "middlebox.idle_timeout",
            "flow.zero_window",
            "latency.no_response",
        ),
    ),
    State.FIN_WAIT_1: StateFacts(
        title=msg("We have closed, the FIN is not acknowledged"),
        ss="FIN-WAIT-1",
        netstat="FIN_WAIT1",
        number=4,
        meaning=msg("The application has closed. The FIN, or data before it, waits for its acknowledgement."),
        lasts=msg(
            "One round trip. To a dead peer about 106.6 s (tcp_orphan_retries 0, which means 8); to a peer that does not "
            "read, as long as the probes say."
        ),
        crowd=msg("Clients vanish or stop reading before they have got all the data. Each entry may hold a whole send buffer."),
        do=(
            Step(Place.APPLICATION, msg("Bound writing in time before close().")),
            Step(Place.SOCKET, msg("TCP_USER_TIMEOUT.")),
            Step(Place.KERNEL, msg("tcp_orphan_retries=2 or 3 on busy web edges.")),
        ),
        codes=("close.fin_wait1_pile", "loss.fin_retransmitted", "close.orphan_limit"),
    ),
    State.FIN_WAIT_2: StateFacts(
        title=msg("We have closed, the peer has not"),
        ss="FIN-WAIT-2",
        netstat="FIN_WAIT2",
        number=5,
        meaning=msg("Our FIN is acknowledged. The peer may still send, and has not closed: it is in CLOSE-WAIT."),
        lasts=msg("Orphaned: tcp_fin_timeout, 60 s. Held by a process after shutdown(SHUT_WR): without limit and without a timer."),
        crowd=msg("The application at the peer does not close: look for CLOSE-WAIT there."),
        do=(
            Step(Place.APPLICATION, msg("Peer: close on read() = 0. Here: a read timeout after shutdown().")),
            Step(Place.KERNEL, msg("tcp_fin_timeout bounds orphans.")),
        ),
        codes=("close.fin_wait2_stuck", "close.half_close_used", "close.half_close_through_proxy"),
    ),
    State.CLOSE_WAIT: StateFacts(
        title=msg("The peer has closed, our application has not"),
        ss="CLOSE-WAIT",
        netstat="CLOSE_WAIT",
        number=8,
        meaning=msg("The peer's FIN has arrived and is acknowledged. The application has not called close() yet."),
        lasts=msg("Until the application closes. No timer of the kernel ends it."),
        crowd=msg("A leak in the owner process: connections are not closed after read() = 0. Recv-Q 1 is the FIN alone."),
        do=(Step(Place.APPLICATION, msg("Find the path in the code that does not close; as a stopgap restart the process.")),),
        codes=("close.close_wait_leak", "rst.data_after_close", "app.pool_keepalive_race", "close.half_close_used"),
    ),
    State.CLOSING: StateFacts(
        title=msg("Both have closed at once, our FIN is not acknowledged"),
        ss="CLOSING",
        netstat="CLOSING",
        number=11,
        meaning=msg("Both ends sent a FIN before they saw the other's. The peer's is acknowledged, ours not yet."),
        lasts=msg("Less than one round trip; without the ACK about 107 s, like LAST-ACK."),
        crowd=msg("Rare. Many say that one direction of the path loses packets."),
        do=(Step(Place.NETWORK, msg("Look for loss in one direction.")),),
        codes=("close.closing_pile", "close.simultaneous"),
    ),
    State.LAST_ACK: StateFacts(
        title=msg("Both have closed, the last ACK is missing"),
        ss="LAST-ACK",
        netstat="LAST_ACK",
        number=9,
        meaning=msg("The peer closed first, then our application. Our FIN waits for its acknowledgement."),
        lasts=msg("One round trip; to a dead peer about 106.9 s."),
        crowd=msg("Closing segments do not pass: the peer is gone, or a firewall forgot the flow after the first FIN."),
        do=(Step(Place.NETWORK, msg("Keep closed flows longer in the firewall, and look for loss.")),),
        codes=("close.last_ack_pile", "loss.fin_retransmitted"),
    ),
    State.TIME_WAIT: StateFacts(
        title=msg("Closed by us first, waiting for late segments"),
        ss="TIME-WAIT",
        netstat="TIME_WAIT",
        number=6,
        meaning=msg(
            "The end that closed first waits 2 MSL, for two reasons: to acknowledge the peer's FIN again if the last ACK "
            "was lost, and to let old segments die before the four-tuple is used again."
        ),
        lasts=msg("60 s on Linux (61.5 s measured); no setting changes that. The RFC says 4 min (MSL 2 min)."),
        crowd=msg(
            "This host closes many short connections first. No harm until ports towards one destination run out, or "
            "tcp_max_tw_buckets is reached."
        ),
        do=(
            Step(Place.APPLICATION, msg("Reuse connections; let the other side close first.")),
            Step(Place.KERNEL, msg("Outgoing connections only: tcp_tw_reuse=1, with timestamps.")),
        ),
        codes=("timewait.pileup", "ports.exhausted", "timewait.bucket_overflow", "timewait.syn_collision", "app.connection_churn"),
    ),
}

STATE_FACTS: Mapping[State, StateFacts] = types.MappingProxyType(_FACTS)
