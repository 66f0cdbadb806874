"""The SYN or SYN-ACK that nobody has acknowledged yet: what it carries, when it leaves again, when it is given up.

Linux: a SYN is sent again after 1 s, first a few times at that pace (`tcp_syn_linear_timeouts`), then with doubled waits; it is given
up at the first of these instants that is not before 2^(tcp_syn_retries+1)-1 s.  A SYN-ACK doubles from the start and is sent
`tcp_synack_retries` times again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State

if TYPE_CHECKING:
    from estab.engine.options import ConnectionConfig
    from estab.knobs.values import KnobValues

INITIAL_RTO_NS = SECOND_NS
FAST_OPEN_OPTION_SPACE_BYTES = 40


class Opening:
    """Everything that is needed only until the SYN is acknowledged."""

    __slots__ = (
        "cookie",  # Fast Open option of the first SYN; None: without
        "ecn",  # the SYN asks for ECN
        "peer_window",  # SEG.WND of the peer's SYN, never scaled
        "rcv_wnd",
        "rcv_wscale",
        "rest",  # text and FIN that came with the peer's SYN, kept until ESTABLISHED
        "retransmits",
        "sent_ns",  # of the first SYN or SYN-ACK: its answer gives an RTT sample unless it was sent again
        "started_ns",
        "syn_data",  # data in the first SYN
    )

    def __init__(self, now_ns: int, *, rcv_wnd: int, rcv_wscale: int, ecn: bool = False) -> None:
        self.started_ns = self.sent_ns = now_ns
        self.retransmits = self.peer_window = 0
        self.rcv_wnd, self.rcv_wscale, self.ecn = rcv_wnd, rcv_wscale, ecn
        self.cookie: bytes | None = None
        self.syn_data = b""
        self.rest: tuple[bytes, bool] | None = None

    @property
    def syn_data_bytes(self) -> int:
        """Positions that the data of the SYN takes."""
        return len(self.syn_data)


def syn_data_room(config: ConnectionConfig) -> int:
    """How much data may ride on the SYN: what the server's MSS, as remembered, leaves beside a full set of options.

    Where it is not remembered, this end's own counts, as in Linux (RFC 7413 §4.1.3.1 would take 536).
    """
    own = config.advertised_mss_bytes
    return min(config.fast_open_mss_bytes or own, own) - FAST_OPEN_OPTION_SPACE_BYTES


def wait_ns(knobs: KnobValues, state: State, retransmits: int) -> int:
    """From the last transmission to the next timeout, `retransmits` having been sent so far."""
    linear: int = knobs.tcp_syn_linear_timeouts if state is State.SYN_SENT else 0
    largest_ns: int = knobs.tcp_rto_max_ms * MILLISECOND_NS
    return min(INITIAL_RTO_NS << max(0, retransmits - linear), largest_ns)


def patience_ns(knobs: KnobValues, retries: int) -> int:
    """How long a SYN is tried at least: the time `retries` doubled waits and one more take (tcp_model_timeout)."""
    largest_ns: int = knobs.tcp_rto_max_ms * MILLISECOND_NS
    waits = (min(INITIAL_RTO_NS << number, largest_ns) for number in range(retries + 1))
    return sum(waits)
