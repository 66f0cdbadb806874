"""What to do, and what not, about `rst.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

ABORT = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Close with shutdown() and close() after everything has been read; end child processes in order."),
        ),
        Remedy(RemedyScope.SOCKET, msg("Remove SO_LINGER with a time of 0, in the program and in its libraries.")),
    ),
    do_not=(DoNot(msg("abort connections to avoid TIME-WAIT: data under way is lost and the peer sees an error")),),
)

DATA_AFTER_CLOSE = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Treat a read of 0 bytes as the end of the stream and stop writing; check pooled connections before use."),
        ),
        Remedy(
            RemedyScope.APPLICATION,
            msg("At the side that closes: where an answer is still to come use shutdown(SHUT_WR), not close()."),
        ),
    ),
)

FROM_MIDDLEBOX = Advice(
    remedy=(
        Remedy(
            RemedyScope.HOST,
            msg("Find the device (a capture on either side of it shows the RST on one side only) and look at its policy."),
        ),
    ),
)

INJECTED = Advice(
    remedy=(
        Remedy(RemedyScope.HOST, msg("Capture at both ends: the RST enters between the last point without it and the first with it.")),
        Remedy(
            RemedyScope.SOCKET,
            msg("Authenticate the segments where both ends are yours: TCP-AO for BGP, else IPsec or WireGuard."),
            caution=msg("TLS does not help: it does not protect the TCP header."),
        ),
    ),
    do_not=(DoNot(msg("drop all RSTs in a firewall: genuine refusals and aborts would then end in timeouts")),),
)

UNREAD_DATA = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Close lingeringly: shutdown(SHUT_WR), read and discard up to a limit of time and bytes, then close()."),
        ),
        Remedy(
            RemedyScope.APPLICATION,
            msg("For uploads that are refused: answer before the body is sent (100-continue), or read the body."),
        ),
    ),
    do_not=(DoNot(msg("set SO_LINGER: it does not read what is in the buffer, and the RST is sent all the same")),),
)

DATA_AFTER_CLOSE_LIVE = Advice(
    remedy=(
        application(msg("Treat a read of 0 bytes as the end of the stream and stop writing; check pooled connections before use.")),
        application(msg("At the side that closes: where an answer is still to come use shutdown(SHUT_WR), not close().")),
    ),
    do_not=(DoNot(msg("ignore SIGPIPE and EPIPE: what was written before is lost as well")),),
)
