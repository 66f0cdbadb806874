"""One segment under way at a time: the simplest repair of losses, and the slowest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.profile import ArqMode
from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._arq import MSS_BYTES, all_arrived, play, verify_undisturbed
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Stop and wait"),
    paragraph=msg(
        "The sender sends one segment and waits for its acknowledgement before the next; when it does not come, the timer sends the "
        "segment again. Nothing can come out of order, but the path carries one segment a round trip, whatever its rate."
    ),
    look=(
        msg("one data segment, one ACK, one data segment, …"),
        msg("after the loss: silence until the timer runs out"),
    ),
    behaviours=(Behaviour.STOP_AND_WAIT,),
    parameters={"lost": 3},
    twin={"lost": 0},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses one data segment."""
    play(world, given, ArqMode.STOP_AND_WAIT)


def verify(run: Run) -> None:
    """Everything arrived, and this was sent again for it."""
    client = run.connections.client
    assert all_arrived(run), run.results
    assert int(client.retransmit_data[0]) == 1 and run.host("client").counter("TcpExt.TCPTimeouts") >= 1
    assert int(client.flight_max_bytes[0]) <= 2 * MSS_BYTES + 1, int(client.flight_max_bytes[0])


def verify_twin(run: Run) -> None:
    """Without the loss nothing is sent twice."""
    verify_undisturbed(run)
