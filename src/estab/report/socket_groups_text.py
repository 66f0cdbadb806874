"""Groups of sockets as a table, the largest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from estab.report import words
from estab.report.painter import Style
from estab.report.socket_cells import short_duration
from estab.report.sockets_text import GAP, head_lines
from estab.report.view import Layout
from estab.text import Text, format_count, msg
from estab.typeset import pad, shorten, width_of

if TYPE_CHECKING:
    from estab.live.listing import Listing

_NUMBERS: tuple[Text, ...] = (msg("sockets"), msg("recv-q"), msg("send-q"), msg("resent"), msg("oldest ≥"))
NARROWEST_KEY = 8


def socket_groups_lines(listing: Listing, layout: Layout) -> Iterator[str]:
    """The report, line by line with its ends."""
    yield from (f"{line.rstrip()}\n" for line in _lines(listing, layout))


def _lines(listing: Listing, layout: Layout) -> Iterator[str]:
    tr, paint = layout.translator, layout.painter
    yield from head_lines(listing, layout)
    yield ""
    if not listing.groups:
        yield tr(msg("no socket fits what was asked for")) if listing.request.filter else tr(msg("no sockets"))
        return
    heads = [*listing.keys, *map(tr, _NUMBERS)]
    rows = [
        [
            *(key or "-" for key in group.keys),
            format_count(group.count),
            words.size(group.recv_queue_bytes),
            words.size(group.send_queue_bytes),
            format_count(group.resent),
            short_duration(group.oldest_ms),
        ]
        for group in listing.groups
    ]
    widths = [max(map(width_of, column)) for column in zip(heads, *rows, strict=True)]
    keys = len(listing.keys)
    while sum(widths) + GAP * (len(widths) - 1) > layout.width:
        widest = max(range(keys), key=lambda place: widths[place])
        if widths[widest] <= NARROWEST_KEY:
            break
        widths[widest] -= 1

    def joined(cells: list[str]) -> str:
        texts = (
            pad(shorten(text, width), width, right=place >= keys) for place, (text, width) in enumerate(zip(cells, widths, strict=True))
        )
        return (" " * GAP).join(texts)

    yield paint(joined(heads), Style.FAINT)
    yield from map(joined, rows)
    if listing.left_out:
        yield tr(msg("… and {count} more", count=format_count(listing.left_out)))
