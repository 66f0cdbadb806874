"""An old duplicate: a packet that wandered through the network and comes out of it long after its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.errors import MisuseError
from estab.lab.faults import Choice, nth
from estab.lab.match import Match
from estab.lab.packets import Datum, copy_of

if TYPE_CHECKING:
    from estab.lab.pipe import Pipe


class OldDuplicate:
    """Keeps a copy of a packet that passes (`match`, and of those the one that `choice` means) until `release`."""

    def __init__(self, pipe: Pipe, match: Match, choice: Choice | None = None) -> None:
        self._pipe, self._match, self._choice = pipe, match, choice or nth(1)
        self._seen = 0
        self.kept: Datum | None = None
        pipe.stages.append(self)
        pipe.refresh()

    def take(self, datum: Datum, pipe: Pipe, place: int) -> Datum | None:
        """Lets everything pass; see `pipe.Stage`."""
        del pipe, place
        if self.kept is None and self._match(datum):
            self._seen += 1
            if self._choice(self._seen):
                self.kept = copy_of(datum)
        return datum

    def release(self) -> None:
        """The copy comes out now, at the end of the link where the packet was heading."""
        if self.kept is None:
            raise MisuseError("no packet was kept: none has matched so far")
        self._pipe.resume(copy_of(self.kept), len(self._pipe.stages))
