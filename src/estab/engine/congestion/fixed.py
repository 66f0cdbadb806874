"""A window that neither grows nor shrinks: for lessons about sliding windows, and for stop and wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.congestion.base import CongestionControl
from estab.engine.sending.profile import ArqMode

if TYPE_CHECKING:
    from estab.engine.sending.rate import RateSample
    from estab.engine.sending.variables import SendVariables


class Fixed(CongestionControl):
    """The initial window for ever."""

    __slots__ = ()
    name = "fixed"
    models = True

    def threshold(self, sender: SendVariables) -> int:
        """As it is."""
        return sender.ssthresh

    def model(self, sender: SendVariables, _sample: RateSample, _now_ns: int) -> None:
        """No loss and no arrival changes it."""
        sender.cwnd = 1 if sender.profile.arq_mode is ArqMode.STOP_AND_WAIT else sender.profile.initial_cwnd_segments
