"""A connection as a ladder: time runs down, the client stands left and the server right, each with its state."""

from __future__ import annotations

from collections.abc import Iterator

from estab.machine.states import members, spell
from estab.report.model import Analysis
from estab.report.packet_line import PacketLine
from estab.report.painter import Style
from estab.report.view import Layout
from estab.track.connections import CLIENT, SERVER
from estab.typeset import pad, width_of

STATE_WIDTH = 12
"""The longest single state, SYN-RECEIVED."""
TIME_WIDTH = 11
NARROWEST_SHAFT = 16


def ladder_lines(analysis: Analysis, row: int, told: list[PacketLine], layout: Layout) -> list[str]:
    """The lines, at most as wide as the screen."""
    shaft = max(NARROWEST_SHAFT, layout.width - 2 * STATE_WIDTH - TIME_WIDTH - 4)
    client, server = map(str, analysis.facts.endpoints(row))
    lead = " " * TIME_WIDTH
    lines = [f"{lead}{client}{pad(server, max(0, layout.width - TIME_WIDTH - width_of(client)), right=True)}"]
    before = ["", ""]
    for line in told:
        states = [_short(line.states[side]) or before[side] for side in (CLIENT, SERVER)]
        shown = [state if state != was else "" for state, was in zip(states, before, strict=True)]
        lines += _rung(line, shown, shaft, layout)
        before = states
    return lines


def _rung(line: PacketLine, states: list[str], shaft: int, layout: Layout) -> Iterator[str]:
    """The arrow of a packet with the new states of both ends beside it; verdicts stand below it."""
    paint = layout.painter
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
    yield f"{time}{paint(pad(states[CLIENT], STATE_WIDTH), Style.CODE)} |{arrow}| {paint(states[SERVER], Style.CODE)}"
    for verdict in line.verdicts:
        text = layout.translator(verdict)
        room = max(0, shaft - width_of(text))
        yield f"{' ' * (TIME_WIDTH + STATE_WIDTH)} |{' ' * (room // 2)}{text}{' ' * (room - room // 2)}|"


def _short(states: int) -> str:
    """A set of states in STATE_WIDTH columns: its one state, or the first with how many more there are."""
    held = members(states)
    if len(held) <= 1:
        return spell(states)
    return f"{held[0].label[: STATE_WIDTH - 3]}|+{len(held) - 1}"
