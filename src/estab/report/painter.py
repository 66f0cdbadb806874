"""Colours on a terminal."""

from __future__ import annotations

import enum


class Style(enum.Enum):
    """What a piece of text is; the value is its ANSI rendition (ECMA-48 §8.3.117)."""

    CRITICAL = "1;31"
    WARNING = "1;33"
    INFO = "1;34"
    GOOD = "32"
    STRONG = "1"
    FAINT = "2"
    CODE = "36"


class Painter:
    """Colours text, or leaves it as it is."""

    def __init__(self, *, colour: bool = False) -> None:
        self.colour = colour

    def __call__(self, text: str, style: Style) -> str:
        """The text in a style."""
        return f"\x1b[{style.value}m{text}\x1b[0m" if self.colour and text else text
