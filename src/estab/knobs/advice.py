"""Values of settings that do harm, or do nothing: what is wrong with each, and what would be right.

This is the reverse of popular advice: a host that follows it is told so, and no value that stands here is ever recommended.  Each is
measured or stands in the kernel's own documents.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from estab.knobs.declare import Span
from estab.text import Text, msg


class Weight(enum.Enum):
    """How bad a value is; the value is the word for people."""

    DANGEROUS = msg("DANGEROUS")
    DOUBTFUL = msg("DOUBTFUL")
    WITHOUT_EFFECT = msg("WITHOUT EFFECT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Values of one knob that deserve a word.

    `place` is that of the number in a vector (`tcp_rmem`); all of `also` must be so for other knobs.  `better` is the value that is
    recommended, as the kernel prints it; None where there is nothing to set.
    """

    knob: str
    bad: Span
    weight: Weight
    why: Text
    better: str | None = None
    place: int = 0
    also: tuple[tuple[str, Span], ...] = ()


_OFF = Span(0, 0)

ADVICE: tuple[Advice, ...] = (
    Advice(
        knob="tcp_tw_recycle",
        bad=Span(1, None),
        weight=Weight.DANGEROUS,
        why=msg("It drops SYNs of clients that share an address behind NAT. Linux 4.12 removed it."),
        better="0",
    ),
    Advice(
        knob="tcp_abort_on_overflow",
        bad=Span(1, None),
        weight=Weight.DANGEROUS,
        why=msg("A full accept queue answers with RST instead of letting the client wait a second: short delays become errors."),
        better="0",
    ),
    Advice(
        knob="tcp_syncookies",
        bad=_OFF,
        weight=Weight.DANGEROUS,
        why=msg("A SYN flood, or a legitimate burst, fills the SYN queue and locks everybody out (TCPReqQFullDrop)."),
        better="1",
    ),
    Advice(
        knob="tcp_syncookies",
        bad=Span(2, 2),
        weight=Weight.DOUBTFUL,
        why=msg("2 answers every SYN with a cookie; it is meant for tests. 1 does so only when the SYN queue is full."),
        better="1",
    ),
    Advice(
        knob="tcp_timestamps",
        bad=_OFF,
        weight=Weight.DANGEROUS,
        why=msg("Without timestamps there is no protection against old duplicates (PAWS), no tcp_tw_reuse, and cookies lose the options."),
        better="1",
    ),
    Advice(
        knob="tcp_sack",
        bad=_OFF,
        weight=Weight.DANGEROUS,
        why=msg(
            "Without SACK each loss in a window costs a round trip or a timeout. It was an emergency measure of 2019 (CVE-2019-11477)."
        ),
        better="1",
    ),
    Advice(
        knob="tcp_window_scaling",
        bad=_OFF,
        weight=Weight.DANGEROUS,
        why=msg("No window is larger than 64 KiB then: at 40 ms a connection carries at most 1.6 MB/s."),
        better="1",
    ),
    Advice(
        knob="tcp_max_tw_buckets",
        bad=Span(0, 4_095),
        weight=Weight.DANGEROUS,
        why=msg(
            "Above the limit a connection skips TIME-WAIT and the peer's FIN is answered by RST (TCPTimeWaitOverflow). A TIME-WAIT takes a "
            "few hundred bytes and no file."
        ),
        better="262144",
    ),
    Advice(
        knob="tcp_retries2",
        bad=Span(0, 7),
        weight=Weight.DANGEROUS,
        why=msg(
            "Below 8 connections die in outages shorter than 100 s (RFC 1122 §4.2.3.5 asks for at least that; 5 is 12.6 s). Where one "
            "application must know sooner, it sets TCP_USER_TIMEOUT."
        ),
        better="15",
    ),
    Advice(
        knob="tcp_syn_retries",
        bad=Span(0, 2),
        weight=Weight.DOUBTFUL,
        why=msg("connect() gives up after 7 s or less, on lossy paths too. An application that is in a hurry sets its own timeout."),
        better="6",
    ),
    Advice(
        knob="tcp_synack_retries",
        bad=Span(0, 1),
        weight=Weight.DOUBTFUL,
        why=msg("A client whose SYN-ACK is lost twice cannot connect. 2 or 3 is low enough even in a flood; cookies do the rest."),
        better="5",
    ),
    Advice(
        knob="tcp_orphan_retries",
        bad=Span(1, 1),
        weight=Weight.DOUBTFUL,
        why=msg("The last bytes to slow clients are lost after one timeout. 0 means 8; busy web edges use 2 or 3."),
        better="0",
    ),
    Advice(
        knob="tcp_fin_timeout",
        bad=Span(0, 14),
        weight=Weight.DOUBTFUL,
        why=msg(
            "It does not shorten TIME-WAIT, which lasts 60 s whatever it says. It ends orphaned FIN-WAIT-2 early, and data that comes "
            "later is answered by RST."
        ),
        better="60",
    ),
    Advice(
        knob="tcp_fin_timeout",
        bad=Span(15, 59),
        weight=Weight.WITHOUT_EFFECT,
        why=msg("If it was lowered for the sake of TIME-WAIT: that lasts 60 s all the same. It bounds orphaned FIN-WAIT-2 only."),
    ),
    Advice(
        knob="tcp_fin_timeout",
        bad=Span(61, None),
        weight=Weight.DOUBTFUL,
        why=msg("Above 60 an orphaned FIN-WAIT-2 lasts 2 x (n - 60) s, and the first half of it as a whole socket."),
        better="60",
    ),
    Advice(
        knob="tcp_tw_reuse",
        bad=Span(1, 2),
        also=(("tcp_timestamps", _OFF),),
        weight=Weight.WITHOUT_EFFECT,
        why=msg("It needs timestamps, which are off."),
    ),
    Advice(
        knob="tcp_dsack",
        bad=_OFF,
        weight=Weight.DOUBTFUL,
        why=msg("Peers cannot tell that they repeated something needlessly, and stay slow after reordering."),
        better="1",
    ),
    Advice(
        knob="tcp_recovery",
        bad=_OFF,
        weight=Weight.DOUBTFUL,
        why=msg("Loss is found by counting duplicates only: lost retransmissions and tails wait for the timeout (RFC 8985)."),
        better="1",
    ),
    Advice(
        knob="tcp_early_retrans",
        bad=_OFF,
        weight=Weight.DOUBTFUL,
        why=msg("Without tail loss probes (RFC 8985) the loss of a last segment waits for the timeout."),
        better="3",
    ),
    Advice(
        knob="tcp_frto",
        bad=_OFF,
        weight=Weight.DOUBTFUL,
        why=msg("A spurious timeout is not recognised, and everything in flight is sent again (RFC 5682)."),
        better="2",
    ),
    Advice(
        knob="tcp_moderate_rcvbuf",
        bad=_OFF,
        weight=Weight.DOUBTFUL,
        why=msg("Receive buffers stay at their first size: long fast paths are limited by the window."),
        better="1",
    ),
    Advice(
        knob="tcp_rmem",
        place=2,
        bad=Span(67_108_865, None),
        weight=Weight.DOUBTFUL,
        why=msg("Above 64 MiB for each connection: deep queues (bufferbloat), and memory pressure when many of them fill."),
    ),
    Advice(
        knob="tcp_wmem",
        place=2,
        bad=Span(67_108_865, None),
        weight=Weight.DOUBTFUL,
        why=msg("Above 64 MiB for each connection: deep queues (bufferbloat), and memory pressure when many of them fill."),
    ),
    Advice(
        knob="tcp_ecn_fallback",
        bad=_OFF,
        also=(("tcp_ecn", Span(1, 1)),),
        weight=Weight.DANGEROUS,
        why=msg("A path that drops SYNs with ECN is unreachable then: the SYN is never repeated without it."),
        better="1",
    ),
    Advice(
        knob="ip_no_pmtu_disc",
        bad=Span(1, None),
        weight=Weight.DOUBTFUL,
        why=msg("Packets may be fragmented, or are kept small: path MTU discovery is off. tcp_mtu_probing=1 is the cure for a black hole."),
        better="0",
    ),
    Advice(
        knob="somaxconn",
        bad=Span(0, 128),
        weight=Weight.DOUBTFUL,
        why=msg("The default before Linux 5.4: it caps what listen() asks for, and an accept queue of 128 overflows in short bursts."),
        better="4096",
    ),
    Advice(
        knob="nf_conntrack_tcp_timeout_established",
        bad=Span(0, 7_439),
        weight=Weight.DOUBTFUL,
        why=msg("Idle connections are forgotten sooner than 2 h 4 min (RFC 5382 REQ-5), and keepalive begins after 2 h."),
        better="7440",
    ),
    Advice(
        knob="tcp_fack",
        bad=Span(1, None),
        weight=Weight.WITHOUT_EFFECT,
        why=msg("Kernels since 4.15 ignore it."),
    ),
    Advice(
        knob="tcp_low_latency",
        bad=Span(1, None),
        weight=Weight.WITHOUT_EFFECT,
        why=msg("Kernels since 4.14 ignore it."),
    ),
)
"""In the order in which a report shows them within one weight."""
