"""What to do, and what not, about `latency.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, sysctl
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

BUFFERBLOAT = Advice(
    remedy=(
        Remedy(
            RemedyScope.KERNEL,
            msg(
                "On the device before the narrowest link use a queue that manages itself (fq_codel, cake), "
                "shaped just below the link's rate."
            ),
            set={"net.core.default_qdisc": "fq_codel"},
            undo={"net.core.default_qdisc": "pfifo_fast"},
            valid="Linux >= 3.12",
            caution=msg("It takes effect for interfaces that are set up afterwards; note the old value first."),
        ),
    ),
    do_not=(DoNot(msg("enlarge queues or buffers: the delay grows with them")),),
)

NAGLE_DELAYED_ACK = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Write each message with one write() or writev(), or through a buffer that is flushed once.")),
        Remedy(
            RemedyScope.SOCKET,
            msg("Set TCP_NODELAY at the side that writes (or TCP_CORK around each message)."),
            valid="Linux >= 2.2",
            caution=msg("With many tiny writes TCP_NODELAY multiplies the packets; gather them first."),
        ),
    ),
    do_not=(DoNot(msg("rely on TCP_QUICKACK at the reader: it does not last, the kernel clears it")),),
)

NO_RESPONSE = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Look at the program while it hangs: stacks of its threads, its queue, the service it waits for."),
        ),
        Remedy(RemedyScope.APPLICATION, msg("Give the server's own calls time limits, so that a worker is never lost for ever.")),
    ),
    do_not=(DoNot(msg("lengthen the clients' time limits: more requests then wait in the same queue")),),
)

SLOW_HANDSHAKE = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Keep connections open and use them again, so that fewer requests wait for a handshake.")),
    ),
)

SLOW_SERVER_APPLICATION = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Profile the program at these times: database, locks, calls to other services, a full pool of workers."),
        ),
    ),
    do_not=(DoNot(msg("tune TCP buffers or congestion control: the time does not pass in the network")),),
)

SLOW_START_AFTER_IDLE = Advice(
    remedy=(
        sysctl(
            "tcp_slow_start_after_idle",
            0,
            msg("Inside your own data centre, keep the window over pauses."),
            valid="Linux >= 2.6.18",
            caution=msg("On the open internet the old window may not fit the path any more."),
        ),
    ),
)
