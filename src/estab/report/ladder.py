"""A connection as a ladder: time runs down, the client stands left and the server right, each with its state."""

from __future__ import annotations

from collections.abc import Iterator

from estab.machine.states import spell
from estab.report.model import Analysis
from estab.report.packet_line import PacketLine
from estab.report.painter import Style
from estab.report.view import Layout
from estab.text import msg
from estab.track.connections import CLIENT, SERVER
from estab.typeset import pad, width_of, wrap

NARROW, WIDE = 14, 21
"""Columns of states: `SYN-RECEIVED+1`, and on a wide screen `FIN-WAIT-1|FIN-WAIT-2`."""
WIDE_FROM = 110
TIME_WIDTH = 11
NARROWEST_SHAFT = 16
LEGEND = msg("Seconds from the first packet; +1 after a state: it may also be one other.")


def ladder_lines(analysis: Analysis, row: int, told: list[PacketLine], layout: Layout) -> list[str]:
    """The lines, at most as wide as the screen."""
    room = WIDE if layout.width >= WIDE_FROM else NARROW
    shaft = max(NARROWEST_SHAFT, layout.width - 2 * room - TIME_WIDTH - 4)
    client, server = map(str, analysis.facts.endpoints(row))
    lead = " " * TIME_WIDTH
    lines = [layout.painter(line, Style.FAINT) for line in wrap(layout.translator(LEGEND), layout.width)]
    lines += [f"{lead}{client}{pad(server, max(0, layout.width - TIME_WIDTH - width_of(client)), right=True)}"]
    before = ["", ""]
    for line in told:
        states = [_short(line.states[side], room) or before[side] for side in (CLIENT, SERVER)]
        shown = [state if state != was else "" for state, was in zip(states, before, strict=True)]
        lines += _rung(line, shown, (room, shaft), layout)
        before = states
    return lines


def _rung(line: PacketLine, states: list[str], widths: tuple[int, int], layout: Layout) -> Iterator[str]:
    """The arrow of a packet with the new states of both ends beside it (`widths`: of a state, of the shaft); verdicts stand below it."""
    paint = layout.painter
    room, shaft = widths
    words = line.text.split(", ")
    label = words[0]
    for word in words[1:]:  # as much of the packet as the shaft has room for
        if not word.startswith(("win", "<")) and width_of(f"{label}, {word}") <= shaft - 6:
            label = f"{label}, {word}"
    label = label[: shaft - 6]
    dashes = shaft - width_of(label) - 4
    left, right = dashes // 2, dashes - dashes // 2
    arrow = f"{'-' * (left + 1)} {label} {'-' * right}>" if line.side == CLIENT else f"<{'-' * left} {label} {'-' * (right + 1)}"
    time = paint(f"{line.time:>{TIME_WIDTH - 1}} ", Style.FAINT)
    yield f"{time}{paint(pad(states[CLIENT], room), Style.CODE)} |{arrow}| {paint(states[SERVER], Style.CODE)}"
    for verdict in line.verdicts:
        text = layout.translator(verdict)
        gap = max(0, shaft - width_of(text))
        yield f"{' ' * (TIME_WIDTH + room)} |{' ' * (gap // 2)}{text}{' ' * (gap - gap // 2)}|"


def _short(states: int, width: int) -> str:
    """A set of states in `width` columns: in full, or its first state with how many more there are."""
    whole = spell(states)
    if len(whole) <= width:
        return whole
    first, *others = whole.split("|")
    return f"{first}+{len(others)}"
