"""Each message tells its type and its length: who does not know a type can skip it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.framing import TypeLengthValue
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._framing import play, verify_messages
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Framing by type, length, value"),
    paragraph=msg(
        "Each message begins with a type and the length of its value. A reader that does not know a type can still skip the message, "
        "so new types can be added without breaking old programs; TCP's own options are built so."
    ),
    look=(
        msg("three bytes before each value: one of type, two of length"),
        msg("the server gets each message as it was sent, although TCP cut the stream elsewhere"),
    ),
    behaviours=(Behaviour.TYPE_LENGTH_VALUE,),
    lasts="1min",
)
FRAMING = TypeLengthValue()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, messages between them."""
    del given
    play(world, FRAMING)


def verify(run: Run) -> None:
    """Every message arrived as it was sent, in fewer segments than there were messages."""
    verify_messages(run, FRAMING)
