"""A bottleneck with a short queue: the window grows by a segment a round trip and is halved at each loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._window import SENT_BYTES, growth, play, rises_of, shares_left
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The sawtooth of Reno"),
    paragraph=msg(
        "One sender fills a slow link with a short queue. In congestion avoidance its window grows by one segment a round trip; when the "
        "queue overflows, a segment is lost, and the window is halved (RFC 5681). So it goes on: a sawtooth. The losses are no fault, "
        "they are how the sender learns what the path carries."
    ),
    look=(
        msg("the congestion window every 50 ms in the results: a sawtooth"),
        msg("losses come at the queue, seconds apart, and half of the window is left"),
    ),
    behaviours=(Behaviour.CONGESTION_AVOIDANCE,),
    parameters={"algorithm": "reno", "queue": 40},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """A bottleneck of 10 Mbit/s with room for a few packets."""
    play(world, given)


def verify(run: Run) -> None:
    """The window rose in straight lines and was halved, again and again, without a timeout."""
    rises = rises_of(run)
    shapes = [growth(rise) for rise in rises[1:]]
    assert len(shapes) >= 3 and all(0.6 * early <= middle and 0.6 * middle <= late for early, middle, late in shapes), shapes
    assert all(0.45 <= share <= 0.55 for share in shares_left(rises)), shares_left(rises)
    assert run.results["received"] == SENT_BYTES and run.host("client").counter("TcpExt.TCPTimeouts") == 0
