"""Breaking text into lines by its width on the screen, where a Chinese character takes two columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

_NOT_FIRST = frozenset("，。；：、！？）》」』”’…·%")
"""Characters that must not begin a line."""
_NOT_LAST = frozenset("（《「『“‘")
"""Characters that must not end a line."""


def wrap(text: str, width: int) -> list[str]:
    """The lines of `text`, each at most `width` columns wide (a Chinese character needs two); an empty text has one line.

    Lines break at spaces and between Chinese characters, a word wider than a line is cut.

    >>> wrap("one two three", 8)
    ['one two', 'three']
    """
    assert width >= 1
    lines: list[str] = []
    line, used = "", 0
    for gap, piece in _pieces(text):
        need = cell_len(piece)
        if line and used + gap + need <= width:
            line += " " * gap + piece
            used += gap + need
            continue
        if line:
            lines.append(line)
        rest = piece
        while cell_len(rest) > width:
            head = _head(rest, width)
            lines.append(head)
            rest = rest[len(head) :]
        line, used = rest, cell_len(rest)
    return [*lines, line] if line or not lines else lines


def pad(text: str, width: int) -> str:
    """`text` with spaces behind it up to `width` columns."""
    return text + " " * (width - cell_len(text))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The unbreakable pieces of a text, each with the number of spaces (0 or 1) before it."""
    for word_number, word in enumerate(text.split()):
        start = 0
        for end in range(1, len(word) + 1):
            if end == len(word) or _may_break(word[end - 1], word[end]):
                yield int(start == 0 and word_number > 0), word[start:end]
                start = end


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters that no space separates."""
    return (_is_wide(before) or _is_wide(after)) and before not in _NOT_LAST and after not in _NOT_FIRST


def _is_wide(char: str) -> bool:
    return char > "\u2e7f" and cell_len(char) == 2


def _head(piece: str, width: int) -> str:
    """The longest beginning of a piece that fits, at least one character."""
    end = 1
    while end < len(piece) and cell_len(piece[: end + 1]) <= width:
        end += 1
    return piece[:end]
