"""A bottleneck with a short queue: the window grows by a segment a round trip and is halved at each loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._window import play, verify_falls
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The sawtooth of Reno"),
    paragraph=msg(
        "One sender fills a slow link with a short queue. In congestion avoidance its window grows by one segment a round trip; when "
        "the queue overflows, a segment is lost, and the window is halved (RFC 5681). So it goes on: a sawtooth. The losses are no "
        "fault, they are how the sender learns what the path carries."
    ),
    look=(
        msg("losses come in bursts at the queue, seconds apart"),
        msg("the same cable with --set algorithm=reno or cubic"),
    ),
    behaviours=(Behaviour.CONGESTION_AVOIDANCE,),
    parameters={"algorithm": "reno", "queue": 40},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """A bottleneck of 10 Mbit/s with room for a few packets."""
    play(world, given)


def verify(run: Run) -> None:
    """The window went up and down several times, within what path and queue hold."""
    verify_falls(run)
