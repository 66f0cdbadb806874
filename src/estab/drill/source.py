"""Places in a script, and what is raised for a script that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from estab.errors import InputError
from estab.text import Text


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and a column of a script, both counted from 1."""

    line: int
    column: int = 1


class ScriptError(InputError):
    """A script that cannot be read, or that asks for something this program does not have; `path` is FILE:LINE:COLUMN."""

    def __init__(self, reason: Text, place: Place, *, path: str) -> None:
        self.place = place
        super().__init__(reason, path=f"{path}:{place.line}:{place.column}")
