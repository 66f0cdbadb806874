"""What all text reports share: how they are shown, and their first lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from estab.instant import format_duration, format_second
from estab.report import words
from estab.report.model import Analysis
from estab.report.painter import Painter, Style
from estab.report.shortcomings import shortcomings
from estab.text import Text, Translator, msg
from estab.typeset import ends, hang, width_of, wrap, wrap_parts

INDENT = 2
LABEL_GAP = 2
DAMAGE, NOTE = msg("damage"), msg("note")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a report is shown."""

    translator: Translator
    width: int = 80
    painter: Painter
    notes: bool = False
    """Findings of severity info are shown too."""
    why: bool = False
    """Rules that could not run are shown with the reason."""
    most: int | None = None
    """At most so many findings."""
    elapsed_ns: int | None = None
    """How long reading and diagnosing took."""


def label_width(labels: Sequence[Text], tr: Translator) -> int:
    """Columns that the widest label and the gap behind it take."""
    return max(width_of(tr(label)) for label in labels) + LABEL_GAP


def source_lines(analysis: Analysis, layout: Layout) -> list[str]:
    """What was read and how fast; damage and oddities below it."""
    tr, capture = layout.translator, analysis.capture
    parts: list[Text | str] = [words.packets_with_tcp(capture), words.connections(analysis.connections.count)]
    if analysis.facts.has_times:
        lasted = format_duration(capture.last_ns - capture.first_ns)
        parts.append(msg("{lasted} from {start}", lasted=lasted, start=format_second(capture.first_ns)))
    if analysis.connections.count:
        parts.append(words.VANTAGE_WORDS[analysis.facts.capture_vantage])
    name = words.name_of_source(analysis)
    said = name if isinstance(name, str) else tr(name)
    told = [part if isinstance(part, str) else tr(part) for part in parts]
    speed = "" if layout.elapsed_ns is None else tr(msg("read in {time}", time=format_duration(layout.elapsed_ns)))
    lines = _first_line(said, told, speed, layout.width)
    lines[0] = lines[0].replace(said, layout.painter(said, Style.STRONG), 1)
    room = label_width((DAMAGE, NOTE), tr)
    for label, texts in ((DAMAGE, capture.damage), (NOTE, [*capture.notes, *shortcomings(analysis)])):
        for text in texts:
            lines += hang(tr(label), tr(text), indent=INDENT, label_width=room, width=layout.width)
    if analysis.partial:
        told = wrap(tr(msg("PARTIAL: reading was interrupted; this is what had been read by then")), layout.width)
        lines += [layout.painter(line, Style.WARNING) for line in told]
    return lines


def _first_line(name: str, told: list[str], speed: str, width: int) -> list[str]:
    whole = f"{name}   {' · '.join(told)}"
    if width_of(whole) + (2 + width_of(speed) if speed else 0) <= width:
        return ends(whole, speed, width) if speed else [whole]
    return [name, *(" " * INDENT + line for line in wrap_parts([*told, speed] if speed else told, width - INDENT))]
