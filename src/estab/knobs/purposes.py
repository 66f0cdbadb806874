"""Settings for a purpose: what a host that mostly does one thing may set, each choice with its reason.

A choice is made only where the present value is worse.  None of them replaces the application's own remedies, which come first.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from estab.text import Text, msg


class Aim(enum.Enum):
    """What of a value is wanted."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    EXACTLY = "exactly"
    WIDER = "wider"
    """A range of ports that is larger than the present one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One choice of a profile; the value as the kernel prints it."""

    knob: str
    aim: Aim
    value: str
    why: Text


@dataclass(frozen=True, slots=True)
class Purpose:
    """A profile."""

    name: str
    title: Text
    first: Text
    """What to do in the application before any setting."""
    wishes: tuple[Wish, ...]


BUSY_CLIENT = Purpose(
    "busy-client",
    msg("a host that opens many short connections: proxies, crawlers, services that call services"),
    msg("Reuse connections (a pool, keep-alive, HTTP/2): each connection that is not opened needs no port."),
    (
        Wish(
            "ip_local_port_range",
            Aim.WIDER,
            "10240 65535",
            msg(
                "55,296 ports for each destination; the default range has 28,232. Ports of listeners in this range must be reserved first "
                "(ip_local_reserved_ports), or a connection may take them."
            ),
        ),
        Wish("tcp_timestamps", Aim.AT_LEAST, "1", msg("tcp_tw_reuse needs them, at both ends.")),
        Wish(
            "tcp_tw_reuse",
            Aim.EXACTLY,
            "1",
            msg("A port in TIME-WAIT is free for an outgoing connection after 1 s instead of 60 s; timestamps protect it (RFC 6191)."),
        ),
        Wish(
            "tcp_max_tw_buckets",
            Aim.AT_LEAST,
            "262144",
            msg("Whoever closes first keeps the TIME-WAIT; below the limit none is cut short."),
        ),
    ),
)

WEB_EDGE = Purpose(
    "web-edge",
    msg("a host that serves many clients it does not know: web servers, load balancers, gateways"),
    msg("Accept faster, listen with a large backlog, and give up on clients that neither read nor write (TCP_USER_TIMEOUT)."),
    (
        Wish(
            "somaxconn",
            Aim.AT_LEAST,
            "4096",
            msg("It caps the backlog that listen() asks for; a burst of clients must fit until they are accepted."),
        ),
        Wish("tcp_syncookies", Aim.AT_LEAST, "1", msg("A flood of SYNs does not lock others out.")),
        Wish("tcp_abort_on_overflow", Aim.AT_MOST, "0", msg("A full accept queue lets clients try again instead of resetting them.")),
        Wish("tcp_max_tw_buckets", Aim.AT_LEAST, "262144", msg("The side that closes first keeps the TIME-WAIT: often the server.")),
        Wish(
            "tcp_orphan_retries",
            Aim.EXACTLY,
            "3",
            msg("Connections without a process to clients that have vanished hold memory for about 100 s; 3 retries are a few seconds."),
        ),
        Wish(
            "tcp_mtu_probing",
            Aim.AT_LEAST,
            "1",
            msg("Clients behind a path MTU black hole are served all the same: after timeouts smaller segments are tried."),
        ),
        Wish(
            "tcp_migrate_req",
            Aim.AT_LEAST,
            "1",
            msg("When one of several SO_REUSEPORT listeners closes, what waits in its queue moves to another one instead of being reset."),
        ),
    ),
)

LONG_LIVED = Purpose(
    "long-lived",
    msg("a host of connections that live for hours and are often quiet: databases, message brokers, push services, SSH"),
    msg("Heartbeats in the application every 25 to 60 s, and TCP_USER_TIMEOUT; keepalive does not notice a process that hangs."),
    (
        Wish(
            "tcp_keepalive_time",
            Aim.AT_MOST,
            "60",
            msg(
                "Firewalls and load balancers forget quiet connections after 4 to 10 minutes; a probe each minute keeps them. It concerns "
                "only sockets with SO_KEEPALIVE that do not set their own time."
            ),
        ),
        Wish("tcp_keepalive_intvl", Aim.AT_MOST, "15", msg("Unanswered probes are repeated every 15 s.")),
        Wish(
            "tcp_keepalive_probes",
            Aim.AT_MOST,
            "5",
            msg("A dead peer is noticed after 60 + 5 x 15 = 135 s; with the defaults after 2 h 11 min."),
        ),
        Wish(
            "tcp_retries2",
            Aim.EXACTLY,
            "8",
            msg("Data to a peer that has vanished fails after 102 s (with 15 after 15 min); RFC 1122 allows no less than 100 s."),
        ),
        Wish(
            "tcp_slow_start_after_idle",
            Aim.AT_MOST,
            "0",
            msg("After a pause the congestion window is kept: a burst does not begin with 10 segments again. Safe on paths that you know."),
        ),
    ),
)

PURPOSES = {purpose.name: purpose for purpose in (BUSY_CLIENT, WEB_EDGE, LONG_LIVED)}
"""Profiles by name."""
