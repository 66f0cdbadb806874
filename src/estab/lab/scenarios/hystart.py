"""CUBIC leaves slow start before it overflows the queue: trains of ACKs and rising delay tell (HyStart)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._slow_start import play, verify_sign
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("HyStart: slow start ends in time"),
    paragraph=msg(
        "Slow start doubles until something is lost, and then half of what is under way may be lost at once. CUBIC in Linux looks for "
        "signs before that: ACKs of one burst that are spread over as long as the round trip takes, and round trips that become longer. "
        "It leaves slow start then, and goes on as after a loss, but without one. With --set exit=none it doubles into the queue."
    ),
    look=(
        msg("the window stops doubling before anything is lost"),
        msg("TcpExt.TCPHystartTrainDetect or TCPHystartDelayDetect"),
        msg("with --set exit=none hundreds of segments are sent again"),
    ),
    behaviours=(Behaviour.HYSTART,),
    parameters={"exit": "hystart"},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """A path of 100 ms with a long queue in front of its slow link."""
    play(world, given)


def verify(run: Run) -> None:
    """Slow start ended by a sign, not by a loss."""
    verify_sign(run)
    counter = run.host("client").counter
    assert counter("TcpExt.TCPHystartTrainDetect") + counter("TcpExt.TCPHystartDelayDetect") == 1, run.counters["client"]
