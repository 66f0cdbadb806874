"""After a loss everything from the first missing byte on is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.profile import ArqMode
from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._arq import all_arrived, play, verify_undisturbed
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Go back N"),
    paragraph=msg(
        "Many segments are under way. When one is lost, the sender goes back to it and sends again all that followed, although most of"
        " it had arrived: simple for the receiver, which need keep nothing, and wasteful on a long path."
    ),
    look=(
        msg("more segments are sent again than were lost"),
        msg("compare selective_repeat on the same cable with the same loss"),
    ),
    behaviours=(Behaviour.GO_BACK_N,),
    parameters={"lost": 3},
    twin={"lost": 0},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses one data segment."""
    play(world, given, ArqMode.GO_BACK_N)


def verify(run: Run) -> None:
    """Everything arrived, and this was sent again for it."""
    client = run.connections.client
    assert all_arrived(run), run.results
    assert int(client.retransmit_data[0]) >= 4, int(client.retransmit_data[0])


def verify_twin(run: Run) -> None:
    """Without the loss nothing is sent twice."""
    verify_undisturbed(run)
