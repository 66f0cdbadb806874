"""A bottleneck with a short queue: the window grows as a cubic function of the time since the latest loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._window import growth, play, rises_of, shares_left
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The curve of CUBIC"),
    paragraph=msg(
        "One sender fills a long path with a short queue. After a loss its window goes down to seven tenths, grows quickly toward where "
        "the loss was, lingers there, and then grows faster and faster again (RFC 9438). The growth depends on the time and not on the "
        "round-trip time."
    ),
    look=(
        msg("the congestion window every 50 ms in the results: steep, flat, steep"),
        msg("after a loss seven tenths of the window are left"),
        msg("the same path with --set algorithm=reno: a straight line, and half is left"),
    ),
    behaviours=(Behaviour.CUBIC,),
    parameters={"algorithm": "cubic", "queue": 40},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """A bottleneck of 10 Mbit/s with room for a few packets, and 200 ms of round trip."""
    play(world, given, delay="100ms")


def verify(run: Run) -> None:
    """Between two losses the window grew more at the beginning and at the end than in the middle; seven tenths were left of it."""
    rises = rises_of(run)
    shapes = [growth(rise) for rise in rises]
    assert any(2 * middle < min(early, late) for early, middle, late in shapes), shapes
    assert any(0.65 <= share <= 0.75 for share in shares_left(rises)), shares_left(rises)
