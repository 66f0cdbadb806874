"""Settings that deserve a second look: the pages of `audit.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="audit.tw_reuse",
        severity=Severity.INFO,
        seen_from=SeenFrom.LIVE,
        title=msg("What tcp_tw_reuse does here, and what not"),
        what=msg(
            "tcp_tw_reuse acts on outgoing connections with timestamps on both ends, and on TIME-WAITs older than 1 s. 0 is "
            "off, 1 all, 2 loopback only (the default since Linux 4.19)."
        ),
        why=msg(
            "A server full of TIME-WAITs of inbound connections gains nothing; a busy client towards one destination gains all its ports."
        ),
        live=(msg("The setting, tcp_timestamps, who holds the TIME-WAITs, and TWRecycled, which counts reuses."),),
        alike=(Alike("timewait.pileup", msg("The number alone says nothing.")),),
        do=(
            Step(Place.APPLICATION, msg("Reuse connections first.")),
            Step(Place.KERNEL, msg("tcp_tw_reuse=1 on clients that close first.")),
        ),
        states=("TIME-WAIT",),
        knobs=("tcp_tw_reuse", "tcp_tw_reuse_delay", "tcp_timestamps"),
        references=("RFC 6191", "ip-sysctl: tcp_tw_reuse"),
    ),
    CodePage(
        code="audit.sysctl",
        severity=Severity.INFO,
        seen_from=SeenFrom.LIVE,
        title=msg("A kernel setting follows bad advice"),
        what=msg("A setting of this host differs from the default in a way that popular advice recommends and measurement does not."),
        why=msg("Such settings do nothing, or turn small trouble into large: see the page of the knob."),
        live=(
            msg(
                "tcp_abort_on_overflow=1, tcp_syncookies=0, tcp_timestamps=0, tcp_sack=0, tcp_retries2 below 8, a low "
                "tcp_max_tw_buckets, huge tcp_rmem or tcp_wmem."
            ),
        ),
        alike=(Alike("", msg("A setting that somebody chose for a measured reason and wrote down.")),),
        do=(Step(Place.KERNEL, msg("Go back to the default, one setting at a time, with the old value noted for undoing.")),),
        states=("TIME-WAIT", "LISTEN"),
        knobs=(
            "tcp_abort_on_overflow",
            "tcp_syncookies",
            "tcp_timestamps",
            "tcp_sack",
            "tcp_retries2",
            "tcp_max_tw_buckets",
            "tcp_tw_recycle",
            "tcp_low_latency",
            "tcp_fack",
        ),
        references=("ip-sysctl",),
    ),
)
