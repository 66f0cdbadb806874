"""A bottleneck with a short queue: the window grows as a cubic function of the time since the latest loss."""

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
    title=msg("The curve of CUBIC"),
    paragraph=msg(
        "One sender fills a slow link with a short queue. After a loss its window goes down to seven tenths, grows quickly toward "
        "where the loss was, lingers there, and then grows faster and faster again (RFC 9438). The growth depends on the time and not "
        "on the round-trip time."
    ),
    look=(
        msg("losses come in bursts at the queue, seconds apart"),
        msg("the same cable with --set algorithm=reno or cubic"),
    ),
    behaviours=(Behaviour.CUBIC,),
    parameters={"algorithm": "cubic", "queue": 40},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """A bottleneck of 10 Mbit/s with room for a few packets."""
    play(world, given)


def verify(run: Run) -> None:
    """The window went up and down several times, within what path and queue hold."""
    verify_falls(run)
