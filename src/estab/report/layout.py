"""Text on a screen: widths in columns (a Chinese character takes two), breaking into lines, colours.

A no-break space (U+00A0) stays where it is, so that numbers such as 1 204 332 are not torn apart.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterator

_NOT_FIRST = frozenset("，。；：、！？）》」』”’…·%)")
_NOT_LAST = frozenset("（《「『“‘(")


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


def width_of(text: str) -> int:
    """Columns that a text takes.

    >>> width_of("连接 ok")
    7
    """
    if text.isascii():
        return len(text)
    return sum(_width_of_character(character) for character in text)


def _width_of_character(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text filled up to a width with spaces behind it, or before it (`right`)."""
    room = " " * max(0, width - width_of(text))
    return room + text if right else text + room


def shorten(text: str, width: int) -> str:
    """The text, with its middle left out where it is wider than `width`.

    >>> shorten("2001:db8:1:2:3:4:5:6", 9)
    '2001…:5:6'
    """
    if width_of(text) <= width or width < 3:
        return text
    head, tail = "", ""
    for front, back in zip(text, reversed(text), strict=True):
        if width_of(head + front + tail) < width:
            head += front
        if width_of(head + back + tail) < width:
            tail = back + tail
    return f"{head}…{tail}"


def wrap(text: str, width: int) -> list[str]:
    """The lines of a text, none wider than `width` (at least 2); breaks at spaces and between Chinese characters.

    A word wider than a line is cut; an empty text has one empty line.

    >>> wrap("one two three", 8)
    ['one two', 'three']
    """
    width = max(width, 2)
    lines, line = [], ""
    for gap, piece in _pieces(text):
        if line and width_of(line) + gap + width_of(piece) <= width:
            line += " " * gap + piece
            continue
        if line:
            lines.append(line)
        while width_of(piece) > width:
            head = _beginning(piece, width)
            lines.append(head)
            piece = piece[len(head) :]
        line = piece
    return [*lines, line] if line or not lines else lines


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """What must not be broken, each piece with the number of spaces (0 or 1) before it."""
    words = [word for word in text.replace("\n", " ").split(" ") if word]
    for number, word in enumerate(words):
        start = 0
        for end in range(1, len(word) + 1):
            if end == len(word) or _may_break(word[end - 1], word[end]):
                yield int(start == 0 and number > 0), word[start:end]
                start = end


def _may_break(before: str, after: str) -> bool:
    wide = _width_of_character(before) == 2 or _width_of_character(after) == 2
    return wide and before not in _NOT_LAST and after not in _NOT_FIRST


def _beginning(piece: str, width: int) -> str:
    end = 1
    while end < len(piece) and width_of(piece[: end + 1]) <= width:
        end += 1
    return piece[:end]


def hang(label: str, text: str, *, indent: int, label_width: int, width: int) -> list[str]:
    """A text behind a label, its further lines below its first.

    >>> hang("Do", "one two three", indent=1, label_width=4, width=12)
    [' Do  one two', '     three']
    """
    lead = " " * indent + pad(label, label_width)
    lines = wrap(text, width - indent - label_width)
    return [(lead if number == 0 else " " * (indent + label_width)) + line for number, line in enumerate(lines)]


def ends(left: str, right: str, width: int) -> list[str]:
    """One line with a text at each end, or two lines where they do not fit beside each other."""
    gap = width - width_of(left) - width_of(right)
    return [left + " " * gap + right] if gap >= 2 else [left, "  " + right]
