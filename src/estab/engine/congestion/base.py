"""What a congestion control is asked, and when; the defaults are Reno's (tcp_congestion_ops).

The window itself (`cwnd`, `ssthresh`) belongs to the sender, so that states and reductions work alike for all algorithms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from estab.engine.sending.validation import is_cwnd_limited
from estab.laws.reno import additive_increase, halved, slow_start

if TYPE_CHECKING:
    from estab.chance import Chance
    from estab.engine.sending.rate import RateSample
    from estab.engine.sending.variables import SendVariables
    from estab.snapshot import CongestionState


class CongestionControl:
    """One connection's algorithm; one without memory of its own may be shared."""

    __slots__ = ()

    name: ClassVar[str] = "reno"
    models: ClassVar[bool] = False
    """It computes window and rate from a model (`model`) instead of growing and reducing the window."""

    def start(self, sender: SendVariables, chance: Chance) -> None:
        """The connection is open, or the algorithm was exchanged."""

    def measured(self, sender: SendVariables) -> None:
        """The handshake has given the first round trip; nothing has been sent yet."""

    def threshold(self, sender: SendVariables) -> int:
        """ssthresh for a reduction that begins now."""
        return halved(sender.cwnd)

    def grow(self, sender: SendVariables, acked: int, _now_ns: int) -> None:
        """So many segments have arrived, and the window may grow for them."""
        if is_cwnd_limited(sender):
            if sender.cwnd < sender.ssthresh:
                sender.cwnd, acked = slow_start(sender.cwnd, sender.ssthresh, acked)
                if not acked:
                    return
            sender.cwnd, sender.cwnd_credit = additive_increase(sender.cwnd, sender.cwnd_credit, sender.cwnd, acked)

    def acked(self, sender: SendVariables, rtt_us: int, count: int, now_ns: int) -> None:
        """An ACK was worked through; `rtt_us` is the round trip of the newest segment, negative: none."""

    def undone(self, sender: SendVariables) -> int:
        """The window after a reduction is taken back."""
        return max(sender.cwnd, sender.trouble.prior_cwnd if sender.trouble is not None else 0)

    def entered(self, sender: SendVariables, state: CongestionState) -> None:
        """The state has changed."""

    def started(self, sender: SendVariables, now_ns: int) -> None:
        """The first segment after nothing was in flight leaves; `sender.last_sent_ns` is still that of the one before."""

    def restarted(self, sender: SendVariables) -> None:
        """The window is about to shrink because the connection was idle."""

    def min_burst_segments(self, sender: SendVariables) -> int:
        """The least number of segments that a large one should hold."""
        return sender.profile.min_tso_segments

    def model(self, sender: SendVariables, sample: RateSample, now_ns: int) -> None:
        """An ACK for an algorithm that has a model: sets window and rate."""
        raise NotImplementedError
