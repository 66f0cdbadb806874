"""What a sender is told beside its socket options: limits from knobs, shared by all, and the choices of a driver or a lesson."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS

if TYPE_CHECKING:
    from estab.knobs.values import KnobValues


class ArqMode(enum.Enum):
    """How losses are repaired; all but the first are for lessons."""

    SELECTIVE = "selective repeat: what the receiver is missing, as SACK and RACK tell"
    GO_BACK_N = "go back N: after a loss everything from the first missing byte on"
    STOP_AND_WAIT = "stop and wait: one segment in flight"


class SlowStartExit(enum.Enum):
    """What ends CUBIC's slow start before a loss does."""

    HYSTART = "HyStart, as in Linux: ACK trains and rising delay"
    HYSTART_PLUS_PLUS = "HyStart++ (RFC 9406): rising delay, then conservative slow start"
    NONE = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingProfile:
    """Choices that no knob and no socket option holds."""

    arq_mode: ArqMode = ArqMode.SELECTIVE
    slow_start_exit: SlowStartExit = SlowStartExit.HYSTART
    tick_us: int = 4_000
    """Timers count whole ticks: jiffies of CONFIG_HZ=250, which make 204 ms of the smallest RTO."""
    initial_cwnd_segments: int = 10
    """RFC 6928; a route's `initcwnd`."""
    gso_max_bytes: int = 0
    """Above 0 a segment may hold several MSS up to so many bytes, for whatever cuts them later (TSO, GSO); 0: one MSS each."""
    min_tso_segments: int = 2
    tso_win_divisor: int = 3
    """A large segment waits to become larger until this share of the window may leave; 0: it does not wait."""
    paced_by_driver: bool = False
    """Something below spreads segments over time (Linux's fq): HyStart expects longer ACK trains."""
    hystart_train: bool = True
    hystart_delay: bool = True
    pacing: bool = False
    """Spread every window over its round trip even where the congestion control does not ask for it."""


LINUX_PROFILE = SendingProfile()


class SendingLimits:
    """The knobs that the sending half reads, in its own units.  One for each set of knobs: see `KnobValues.derived`."""

    __slots__ = (
        "base_mss_bytes",
        "congestion",
        "frto",
        "max_reordering",
        "min_mss_bytes",
        "mtu_probing",
        "notsent_lowat_bytes",
        "orphan_retries",
        "probes_tail",
        "rack",
        "rack_ignores_dupthresh",
        "rack_static_window",
        "reordering",
        "retries1",
        "retries2",
        "rto_max_us",
        "rto_min_us",
        "slow_start_after_idle",
        "wmem_bytes",
        "wmem_max_bytes",
    )

    def __init__(self, knobs: KnobValues) -> None:
        recovery: int = knobs.tcp_recovery
        self.rto_min_us: int = knobs.tcp_rto_min_us
        self.rto_max_us: int = knobs.tcp_rto_max_ms * 1000
        self.retries1: int = knobs.tcp_retries1
        self.retries2: int = knobs.tcp_retries2
        self.orphan_retries: int = knobs.tcp_orphan_retries
        self.frto = bool(knobs.tcp_frto)
        self.rack = bool(recovery & 1)
        self.rack_static_window = bool(recovery & 2)
        self.rack_ignores_dupthresh = bool(recovery & 4)
        self.probes_tail = knobs.tcp_early_retrans in {3, 4}
        self.reordering: int = knobs.tcp_reordering
        self.max_reordering: int = knobs.tcp_max_reordering
        self.slow_start_after_idle = bool(knobs.tcp_slow_start_after_idle)
        self.wmem_bytes: int = knobs.tcp_wmem[1]
        self.wmem_max_bytes: int = knobs.tcp_wmem[2]
        self.notsent_lowat_bytes: int = knobs.tcp_notsent_lowat
        self.congestion: str = knobs.tcp_congestion_control
        self.mtu_probing: int = knobs.tcp_mtu_probing
        self.base_mss_bytes: int = knobs.tcp_base_mss
        self.min_mss_bytes: int = knobs.tcp_min_snd_mss


# Times that Linux has as constants (include/net/tcp.h).
TIMEOUT_INIT_US = 1_000_000
TIMEOUT_MIN_US = 2_000
RTO_MIN_US = 200_000
RESOURCE_PROBE_INTERVAL_NS = 500 * MILLISECOND_NS
MIN_RTT_WINDOW_NS = 300_000 * MILLISECOND_NS
"""tcp_min_rtt_wlen: how long a smallest round trip counts."""
