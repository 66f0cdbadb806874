"""HyStart++: the round trip grows, so the window grows more slowly for some rounds, before slow start ends."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._slow_start import play, verify_sign
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("HyStart++: slower, then out"),
    paragraph=msg(
        "HyStart++ (RFC 9406) looks at the round-trip time only. When it grows by an eighth, slow start goes on for five more rounds at a "
        "quarter of the speed; if the round trip becomes short again in that time, it was a mistake, and the doubling goes on; else "
        "congestion avoidance begins. No segment is lost. With --set exit=none the sender doubles into the queue."
    ),
    look=(
        msg("the window doubles, then grows by about a quarter a round, then hardly"),
        msg("nothing is sent twice"),
    ),
    behaviours=(Behaviour.HYSTART_PLUS_PLUS,),
    parameters={"exit": "hystart_plus_plus"},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """A path of 100 ms with a long queue in front of its slow link."""
    play(world, given)


def verify(run: Run) -> None:
    """Slow start ended by a sign, not by a loss."""
    verify_sign(run)
    windows = run.results["windows"]
    steps = [later / earlier for earlier, later in itertools.pairwise(windows) if later > earlier]
    assert sum(1.2 <= step <= 1.6 for step in steps) >= 2 and steps[-1] < 1.1, (windows, steps)
