"""All messages have the same length: the reader counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.framing import FixedLength
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._framing import play, verify_messages
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Framing by fixed length"),
    paragraph=msg(
        "All messages have the same length, shorter ones are padded. The reader needs no search and no header; what it costs is the "
        "padding, and that no message can be longer."
    ),
    look=(
        msg("the payload altogether is the number of messages times their length"),
        msg("the server gets each message as it was sent, although TCP cut the stream elsewhere"),
    ),
    behaviours=(Behaviour.FIXED_LENGTH,),
    lasts="1min",
)
FRAMING = FixedLength(200)


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, messages between them."""
    del given
    play(world, FRAMING)


def verify(run: Run) -> None:
    """Every message arrived as it was sent, in fewer segments than there were messages."""
    verify_messages(run, FRAMING)
