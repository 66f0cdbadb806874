"""Habits of applications: the pages of `app.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="app.connection_churn",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A connection for every request (short connections)"),
        what=msg("One client opens and closes many connections to one destination in a short time."),
        why=msg(
            "Each request pays a handshake, and TLS on top; the closing side collects TIME-WAITs and may run out of ports "
            "(28,232 by default, 470 a second)."
        ),
        live=(msg("TIME-WAIT grouped by peer; rate of Tcp.ActiveOpens or Tcp.PassiveOpens."),),
        capture=(msg("Many connections of one client, each with one request."),),
        alike=(
            Alike("attack.syn_flood", msg("There the handshakes do not complete.")),
            Alike("app.thundering_reconnect", msg("Many clients at one moment, not one client all the time.")),
        ),
        do=(Step(Place.APPLICATION, msg("Keep-alive, a pool, HTTP/2; more requests on each connection.")),),
        states=("TIME-WAIT",),
        knobs=("ip_local_port_range", "tcp_tw_reuse"),
        references=("RFC 9112 §9.3", "RFC 9293 §3.6"),
    ),
    CodePage(
        code="app.pool_keepalive_race",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A pooled connection was closed while the request was on its way"),
        what=msg("The server's idle timeout expired and its FIN crossed the client's next request; the request was answered by RST."),
        why=msg('"Connection reset" now and then, on 0.01 to 1 % of the requests that reuse a connection.'),
        live=(msg("Server: TCPAbortOnData +1 and Tcp.OutRsts grows. Client: end of stream or ECONNRESET (104) on a reused connection."),),
        capture=(msg("FIN of the server, a request sent before it arrived, then RST."),),
        alike=(Alike("rst.data_after_close", msg("The client had the FIN for long and wrote all the same.")),),
        do=(
            Step(
                Place.APPLICATION,
                msg("Order the idle timeouts: client below balancer below server (a backend behind a 600 s balancer: 620 s)."),
            ),
            Step(Place.APPLICATION, msg("Repeat requests that may be repeated (idempotent).")),
        ),
        states=("CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2"),
        references=("RFC 9112 §9.3.1", "RFC 9293 §3.6"),
    ),
    CodePage(
        code="app.small_packets",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("Many very small packets"),
        what=msg("The application writes in tiny pieces: below 200 bytes a segment on average."),
        why=msg("Headers and interrupts cost more than the data; small buffers fill with overhead."),
        live=(msg("bytes_sent / segs_out of tcp_info; DelayedACKLost, TCPAutoCorking."),),
        capture=(msg("Many small data segments in a row of one direction."),),
        alike=(Alike("latency.nagle_delayed_ack", msg("Few small segments, each followed by a pause.")),),
        do=(
            Step(Place.APPLICATION, msg("Collect a message before writing it; use a buffer or writev.")),
            Step(Place.SOCKET, msg("TCP_CORK around a burst.")),
        ),
        states=("ESTABLISHED",),
        knobs=("TCP_NODELAY", "TCP_CORK", "tcp_autocorking"),
        references=("RFC 9293 §3.7.4", "RFC 896"),
    ),
    CodePage(
        code="app.thundering_reconnect",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("All clients reconnect at the same moment"),
        what=msg("After an outage many clients connect at once, and their retries stay in step."),
        why=msg("The accept queue overflows and the recovery takes longer than the outage."),
        live=(msg("A peak of Tcp.PassiveOpens, then ListenOverflows and SyncookiesSent."),),
        capture=(msg("SYNs of many clients within the same moments, one second apart."),),
        alike=(Alike("attack.syn_flood", msg("Clients that complete their handshakes are no flood.")),),
        do=(
            Step(Place.APPLICATION, msg("Growing waits with full jitter, and a cap; move clients over in steps.")),
            Step(Place.SOCKET, msg("A larger backlog of listen().")),
            Step(Place.KERNEL, msg("A larger net.core.somaxconn.")),
        ),
        states=("SYN-RECEIVED", "LISTEN"),
        knobs=("backlog", "somaxconn"),
        references=("RFC 9293 §3.5",),
    ),
    CodePage(
        code="app.fd_limit",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.LIVE,
        title=msg("The process has no file descriptor left"),
        what=msg("accept() fails with EMFILE (24), or with ENFILE (23) for the whole host. New clients stay in the accept queue."),
        why=msg("New clients hang, and a loop that polls for the listener burns a CPU: 229,556 wakeups in 0.2 s."),
        live=(
            msg(
                "Open descriptors equal the soft limit in /proc/PID/limits; the listener's Recv-Q is above 0 and static. No "
                "TCP counter moves until the queue overflows."
            ),
        ),
        alike=(
            Alike("handshake.accept_queue_overflow", msg("The process could accept but is too slow.")),
            Alike("close.close_wait_leak", msg("Often the cause of the shortage.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Find the leak; keep one spare descriptor to accept and close with.")),
            Step(Place.APPLICATION, msg("Then raise LimitNOFILE of the service.")),
        ),
        caution=msg("Raising the limit only delays a leak."),
        states=("LISTEN", "CLOSE-WAIT"),
        knobs=("nofile", "file-max"),
        references=("accept(2)", "getrlimit(2)"),
    ),
)
