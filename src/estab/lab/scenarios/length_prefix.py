"""Each message begins with its length: the reader knows how much to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.framing import LengthPrefix
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._framing import play, verify_messages
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Framing by length prefix"),
    paragraph=msg(
        "Each message is preceded by four bytes that tell its length. The reader collects bytes until a message is complete, whatever "
        "the pieces in which they arrive. It needs a bound: a length that is not believable ends the connection and not the memory."
    ),
    look=(
        msg("the boundaries of segments are not those of messages, and every message arrives whole"),
        msg("the server gets each message as it was sent, although TCP cut the stream elsewhere"),
    ),
    behaviours=(Behaviour.LENGTH_PREFIX,),
    lasts="1min",
)
FRAMING = LengthPrefix()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, messages between them."""
    del given
    play(world, FRAMING)


def verify(run: Run) -> None:
    """Every message arrived as it was sent, in fewer segments than there were messages."""
    verify_messages(run, FRAMING)
