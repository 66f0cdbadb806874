"""Text by its width on a screen: a Chinese character takes two columns, and lines break where both languages allow it.

A number stays with its unit (`41.2 ms`, `3 个`), so that neither stands alone at the end or the beginning of a line; so does a no-break
space (U+00A0), as in 1 204 332.  What a reader copies is made of plain spaces all the same.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_NOT_FIRST = frozenset("，。；：、！？）》」』”’…·%)")
"""Characters that must not begin a line."""
_NOT_LAST = frozenset("（《「『“‘(")
"""Characters that must not end a line."""
_UNITS = frozenset(
    {"ns", "µs", "ms", "s", "min", "h", "d", "bit", "bits", "byte", "bytes", "packet", "packets", "times", "%", "UTC"}
    | {f"{prefix}B{per}" for prefix in ("", "K", "M", "G", "Ki", "Mi", "Gi") for per in ("", "/s")}
    | {f"{prefix}bit/s" for prefix in ("", "k", "M", "G")}
)
"""What stays on one line with the number before it."""
_COUNTED = frozenset(
    {"RFC", "packet", "packets", "connection", "connections", "frame", "--conn", "--top", "--limit", "min", "h"}
    | {"seq", "ack", "win", "len"}
)
"""What stays on one line with the number behind it; `2 min 14 s` is one number."""
_COUNTED_IN_CHINESE = frozenset("文接帧第")
"""Last characters of what does so in Chinese: 报文 76, 连接 3, 帧 12, 第 12."""
_PUNCTUATION = "，。；：、！？）》」』”’…,.;:!?)]|"


def width_of(text: str) -> int:
    """Columns that a text takes.

    >>> width_of("连接 ok")
    7
    """
    return len(text) if text.isascii() else _width_of_other(text)


@functools.lru_cache(maxsize=4096)
def _width_of_other(text: str) -> int:
    return sum(_width_of_character(character) for character in text)


@functools.lru_cache(maxsize=4096)
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
    if text.isascii():
        in_front = width // 2
        return f"{text[:in_front]}…{text[len(text) - (width - 1 - in_front) :]}"
    head, tail = "", ""
    for front, back in zip(text, reversed(text), strict=True):
        if width_of(head + front + tail) < width:
            head += front
        if width_of(head + back + tail) < width:
            tail = back + tail
    return f"{head}…{tail}"


def widest(texts: Sequence[str]) -> int:
    """The width of the widest of them, quickly also for very many; 0 where there is none."""
    if "".join(texts).isascii():
        return max(map(len, texts), default=0)
    return max(map(width_of, texts), default=0)


def aligned(texts: Iterable[str], width: int, *, right: bool = False) -> list[str]:
    """Each text of a column shortened or filled up to exactly this width."""
    fill = str.rjust if right else str.ljust
    return [fill(text, width) if text.isascii() and len(text) <= width else pad(shorten(text, width), width, right=right) for text in texts]


def wrap(text: str, width: int) -> list[str]:
    """The lines of a text, none wider than `width` (at least 2); breaks at spaces and between Chinese characters.

    A word wider than a line is cut; an empty text has one empty line.

    >>> wrap("one two three", 8), wrap("it took 41.2 ms", 12)
    (['one two', 'three'], ['it took', '41.2 ms'])
    """
    width = max(width, 2)
    lines, line = [], ""
    for gap, piece in _glued(_pieces(text), width):
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


def _glued(pieces: Iterator[tuple[int, str]], width: int) -> Iterator[tuple[int, str]]:
    """The pieces, with a number and its unit as one where that fits into a line."""
    held: tuple[int, str] | None = None
    last = ""  # what was added to `held` last
    for gap, piece in pieces:
        if held is not None and gap and _belong_together(last, piece) and width_of(held[1]) + 1 + width_of(piece) <= width:
            held = held[0], f"{held[1]} {piece}"
        else:
            if held is not None:
                yield held
            held = gap, piece
        last = piece
    if held is not None:
        yield held


def _belong_together(before: str, after: str) -> bool:
    """Whether two words stay on one line: a number and what it counts, or a name and its number."""
    if before[-1].isdigit():
        return after.rstrip(_PUNCTUATION) in _UNITS or _width_of_character(after[0]) == 2
    return after[0].isdigit() and (before.lstrip("([（") in _COUNTED or before[-1] in _COUNTED_IN_CHINESE)


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


def wrap_parts(parts: Sequence[str], width: int, *, between: str = " · ") -> list[str]:
    """The parts one after the other, broken into lines between them; only a part that is wider than a line is broken itself.

    >>> wrap_parts(["one two", "three", "four five"], 16)
    ['one two · three', 'four five']
    """
    lines: list[str] = []
    for part in parts:
        if lines and width_of(lines[-1]) + width_of(between) + width_of(part) <= width:
            lines[-1] += between + part
        else:
            lines += wrap(part, width)
    return lines


def ends(left: str, right: str, width: int) -> list[str]:
    """One line with a text at each end, or two lines where they do not fit beside each other."""
    gap = width - width_of(left) - width_of(right)
    return [left + " " * gap + right] if gap >= 2 else [left, "  " + right]
