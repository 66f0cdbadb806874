"""What to do, and what not, about `middlebox.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_host
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

IDLE_TIMEOUT = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Send a heartbeat at less than half of that time; let connection pools close idle connections sooner."),
        ),
        Remedy(
            RemedyScope.SOCKET,
            msg("Set SO_KEEPALIVE with TCP_KEEPIDLE below half of that time (60 s suits most devices), and TCP_USER_TIMEOUT for the rest."),
            valid="Linux >= 2.6.37",
        ),
        Remedy(
            RemedyScope.KERNEL,
            msg("Lower the idle time of keepalive for sockets that use SO_KEEPALIVE without a time of their own."),
            set={"net.ipv4.tcp_keepalive_time": 60},
            undo={"net.ipv4.tcp_keepalive_time": 7200},
            valid="Linux >= 2.2",
            caution=msg("It changes nothing for sockets without SO_KEEPALIVE."),
        ),
    ),
    do_not=(DoNot(msg("rely on the default tcp_keepalive_time of 7200 s: every common device forgets sooner")),),
)

CONNTRACK_FULL = Advice(
    remedy=(
        application(msg("Fewer flows: keep-alive and pools.")),
        on_host(msg("Do not track busy local flows (NOTRACK).")),
        on_host(
            msg(
                "Shorter nf_conntrack_tcp_timeout_established, close_wait and time_wait; then nf_conntrack_max together with "
                "nf_conntrack_buckets, from the first network namespace."
            ),
            caution=msg("Each entry takes a few hundred bytes that cannot be swapped."),
        ),
    ),
    do_not=(DoNot(msg("raise nf_conntrack_max alone: without more buckets each look-up becomes slower")),),
)

NAT_INSERT_FAILED = Advice(
    remedy=(
        application(msg("Reuse connections.")),
        on_host(msg("Random ports for SNAT (--random-fully), more SNAT addresses.")),
    ),
)

OPTIONS_STRIPPED = Advice(
    remedy=(on_host(msg("Find the device by captures on both sides; switch its TCP normalisation off.")),),
)
