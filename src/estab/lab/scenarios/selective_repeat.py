"""After a loss only what is missing is sent again."""

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
    title=msg("Selective repeat"),
    paragraph=msg(
        "Many segments are under way and one is lost. The receiver keeps what came behind it and reports it; the sender sends again "
        "what is missing and nothing else. TCP with SACK works so."
    ),
    look=(
        msg("one loss, one retransmission"),
        msg("the ACK after it acknowledges all at once"),
    ),
    behaviours=(Behaviour.SELECTIVE_REPEAT,),
    parameters={"lost": 3},
    twin={"lost": 0},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses one data segment."""
    play(world, given, ArqMode.SELECTIVE)


def verify(run: Run) -> None:
    """Everything arrived, and this was sent again for it."""
    client = run.connections.client
    assert all_arrived(run), run.results
    assert int(client.retransmit_data[0]) == 1, int(client.retransmit_data[0])


def verify_twin(run: Run) -> None:
    """Without the loss nothing is sent twice."""
    verify_undisturbed(run)
