"""The model of a reference page: what is said, without any layout."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from estab.text import Text


class Kind(enum.Enum):
    """What a page is about; the value is its name in JSON."""

    CODE = "code"
    STATE = "state"
    KNOB = "knob"


@dataclass(frozen=True, slots=True)
class Listing:
    """Several points; numbered where the order matters."""

    items: tuple[Text | str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A table; without `columns` it has no head.  Strings are names (states, knobs, clauses) that no language changes."""

    columns: tuple[Text, ...]
    rows: tuple[tuple[Text | str, ...], ...]


Block = Text | Listing | Rows
"""A piece of a section; a Text is a paragraph."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    heading: Text
    body: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One topic: `topic` is its permanent name (`close.close_wait_leak`, `TIME-WAIT`, `tcp_fin_timeout`)."""

    kind: Kind
    topic: str
    title: Text
    sections: tuple[Section, ...]
