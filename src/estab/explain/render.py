"""A page as plain text for a terminal, and as a dictionary for JSON."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from estab.explain.page import Block, Listing, Page, Rows
from estab.text import Text, Translator
from estab.typeset import pad, width_of, wrap

SCHEMA = "estab.explain/1"

_INDENT = 2
_GAP = 2
"""Columns between two columns of a table."""


def render_text(page: Page, translator: Translator, width: int = 80, emphasis: Callable[[str], str] = str) -> str:
    """The page in plain text, no line wider than `width` columns (at least 40); ends with a newline.  Headings go through `emphasis`."""
    assert width >= 40
    title = translator(page.title)
    head = [f"{page.topic}  {title}"] if width_of(page.topic) + 2 + width_of(title) <= width else [page.topic, *wrap(title, width)]
    lines = [*map(emphasis, head), "=" * max(map(width_of, head))]
    for section in page.sections:
        lines += ["", *map(emphasis, wrap(translator(section.heading), width))]
        for block in section.body:
            lines += [(" " * _INDENT + line).rstrip() for line in _block_lines(block, translator, width - _INDENT)]
    return "\n".join(lines) + "\n"


def page_to_dict(page: Page, translator: Translator) -> dict[str, object]:
    """The page as JSON-ready data in one language, schema `estab.explain/1`."""
    return {
        "schema": SCHEMA,
        "language": translator.language,
        "kind": page.kind.value,
        "topic": page.topic,
        "title": translator(page.title),
        "sections": [
            {"heading": translator(section.heading), "body": [_block_dict(block, translator) for block in section.body]}
            for section in page.sections
        ],
    }


def _block_dict(block: Block, translator: Translator) -> dict[str, object]:
    if isinstance(block, Listing):
        return {"type": "list", "numbered": block.numbered, "items": [say(item, translator) for item in block.items]}
    if isinstance(block, Rows):
        rows = [[say(cell, translator) for cell in row] for row in block.rows]
        return {"type": "table", "columns": [translator(column) for column in block.columns], "rows": rows}
    return {"type": "paragraph", "text": translator(block)}


def say(words: Text | str, translator: Translator) -> str:
    """A text in the reader's language; a plain string is a name and stays as it is."""
    return words if isinstance(words, str) else translator(words)


def _block_lines(block: Block, translator: Translator, width: int) -> Iterator[str]:
    if isinstance(block, Listing):
        marks = [f"{number}. " for number in range(1, len(block.items) + 1)] if block.numbered else ["- "] * len(block.items)
        for mark, item in zip(marks, block.items, strict=True):
            first, *others = wrap(say(item, translator), width - len(mark))
            yield mark + first
            yield from (" " * len(mark) + line for line in others)
    elif isinstance(block, Rows):
        yield from _table_lines(block, translator, width)
    else:
        yield from wrap(translator(block), width)


def _table_lines(table: Rows, translator: Translator, width: int) -> Iterator[str]:
    """Columns side by side, the last one getting what the others leave; a cell that is too long takes several lines."""
    cells = [[say(cell, translator) for cell in row] for row in ((table.columns,) if table.columns else ()) + table.rows]
    if not cells:
        return
    natural = [max(width_of(row[column]) for row in cells) for column in range(len(cells[0]))]
    widths = _column_widths(natural, width)
    for row in cells:
        wrapped = [wrap(cell, room) for cell, room in zip(row, widths, strict=True)]
        for parts in itertools.zip_longest(*wrapped, fillvalue=""):
            yield (" " * _GAP).join(pad(part, room) for part, room in zip(parts, widths, strict=True)).rstrip()


def _column_widths(natural: list[int], width: int) -> list[int]:
    """How wide each column becomes: as wide as it wants if all fit; else the widest give until they do."""
    free = width - _GAP * (len(natural) - 1)
    limit = max(natural, default=0)
    while limit > 2 and sum(min(want, limit) for want in natural) > free:
        limit -= 1
    widths = [max(1, min(want, limit)) for want in natural]
    widths[-1] += max(0, min(natural[-1] - widths[-1], free - sum(widths)))
    return widths
