"""Each message ends with a line feed, which it must not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.framing import Delimiter
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._framing import play, verify_messages
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Framing by delimiter"),
    paragraph=msg(
        "Each message ends with a line feed, as in HTTP headers, SMTP and Redis. The reader looks for it in what it has collected; the"
        " message itself must not hold it, or must escape it, and the search needs a bound."
    ),
    look=(
        msg("a segment may end in the middle of a message, and hold the ends of several"),
        msg("the server gets each message as it was sent, although TCP cut the stream elsewhere"),
    ),
    behaviours=(Behaviour.DELIMITER,),
    lasts="1min",
)
FRAMING = Delimiter()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, messages between them."""
    del given
    play(world, FRAMING)


def verify(run: Run) -> None:
    """Every message arrived as it was sent, in fewer segments than there were messages."""
    verify_messages(run, FRAMING)
