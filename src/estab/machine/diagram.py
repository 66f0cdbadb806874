"""The state diagram as SVG: arrows and labels from the rows, places from a layout made by hand.

The layout says where a box stands and where an arrow runs, never which arrows there are; an arrow without a route, or a route
without an arrow, is an error.  What leads to CLOSED from nearly everywhere (RST, ABORT, USER TIMEOUT) is told in a line below instead of
being drawn, as figure 5 of the RFC does.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

from estab.machine.compiled import Edge, graph
from estab.machine.states import State
from estab.machine.stimuli import Cause, Condition, Emission, Stimulus
from estab.machine.table import ROWS, Row

WIDTH, HEIGHT = 1060, 1150
BOX_WIDTH, BOX_HEIGHT = 160, 60
CORNER = 12

FROM_EVERYWHERE = (Stimulus.RST, Stimulus.ABORT, Stimulus.USER_TIMEOUT)
"""Ways to CLOSED that are told, not drawn."""

LEFT, MIDDLE, RIGHT = 200, 520, 840

BOXES: dict[State, tuple[int, int, str]] = {
    State.CLOSED: (MIDDLE, 75, "closed"),
    State.LISTEN: (MIDDLE, 225, "opening"),
    State.SYN_RECEIVED: (LEFT, 395, "opening"),
    State.SYN_SENT: (RIGHT, 395, "opening"),
    State.ESTABLISHED: (MIDDLE, 555, "established"),
    State.FIN_WAIT_1: (LEFT, 725, "closing"),
    State.CLOSE_WAIT: (RIGHT, 725, "closing"),
    State.FIN_WAIT_2: (LEFT, 885, "closing"),
    State.CLOSING: (MIDDLE, 885, "closing"),
    State.LAST_ACK: (RIGHT, 885, "closing"),
    State.TIME_WAIT: (MIDDLE, 1035, "closing"),
}
"""Centre and colour of each box."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where one arrow runs, corner by corner, and where its label stands: the base line of its first line of text."""

    corners: tuple[tuple[int, int], ...]
    label: tuple[int, int]
    anchor: str = "middle"


ROUTES: dict[tuple[State, State], Route] = {
    (State.CLOSED, State.LISTEN): Route(((490, 105), (490, 195)), (480, 154), "end"),
    (State.LISTEN, State.CLOSED): Route(((550, 195), (550, 105)), (560, 154), "start"),
    (State.CLOSED, State.SYN_SENT): Route(((600, 82), (880, 82), (880, 365)), (889, 180), "start"),
    (State.SYN_SENT, State.CLOSED): Route(((835, 365), (835, 96), (600, 96)), (826, 180), "end"),
    (State.LISTEN, State.SYN_SENT): Route(((600, 225), (785, 225), (785, 365)), (694, 202)),
    (State.LISTEN, State.SYN_RECEIVED): Route(((440, 238), (245, 238), (245, 365)), (342, 256)),
    (State.SYN_RECEIVED, State.LISTEN): Route(((155, 365), (155, 212), (440, 212)), (298, 204)),
    (State.SYN_SENT, State.SYN_RECEIVED): Route(((760, 384), (280, 384)), (520, 361)),
    (State.SYN_RECEIVED, State.CLOSE_WAIT): Route(((280, 408), (660, 408), (660, 725), (760, 725)), (709, 701)),
    (State.SYN_RECEIVED, State.ESTABLISHED): Route(((245, 425), (245, 542), (440, 542)), (342, 534)),
    (State.SYN_SENT, State.ESTABLISHED): Route(((810, 425), (810, 542), (600, 542)), (735, 518)),
    (State.SYN_RECEIVED, State.FIN_WAIT_1): Route(((155, 425), (155, 695)), (145, 560), "end"),
    (State.ESTABLISHED, State.FIN_WAIT_1): Route(((440, 568), (245, 568), (245, 695)), (342, 587)),
    (State.ESTABLISHED, State.CLOSE_WAIT): Route(((600, 568), (810, 568), (810, 695)), (735, 587)),
    (State.FIN_WAIT_1, State.FIN_WAIT_2): Route(((200, 755), (200, 855)), (190, 809), "end"),
    (State.FIN_WAIT_1, State.CLOSING): Route(((280, 725), (520, 725), (520, 855)), (400, 701)),
    (State.FIN_WAIT_2, State.TIME_WAIT): Route(((200, 915), (200, 1022), (440, 1022)), (320, 998)),
    (State.CLOSING, State.TIME_WAIT): Route(((520, 915), (520, 1005)), (530, 964), "start"),
    (State.CLOSE_WAIT, State.LAST_ACK): Route(((840, 755), (840, 855)), (850, 801), "start"),
    (State.LAST_ACK, State.CLOSED): Route(((920, 885), (988, 885), (988, 68), (600, 68)), (979, 560), "end"),
    (State.TIME_WAIT, State.CLOSED): Route(((600, 1035), (1028, 1035), (1028, 54), (600, 54)), (800, 1027)),
    (State.TIME_WAIT, State.SYN_RECEIVED): Route(((440, 1048), (50, 1048), (50, 395), (120, 395)), (245, 1066)),
}

_SHORT = {Condition.PASSIVE_ORIGIN: "came from LISTEN", Condition.NEWER_SYN: "a newer one"}
"""Conditions short enough to stand at an arrow; the others are in the table of rows."""

_STYLE = """\
  .ground { fill: #ffffff } text { font: 15px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2933 }
  .state rect { stroke-width: 1.5 } .state text { font-weight: 600; text-anchor: middle }
  .closed rect { fill: #eef0f3; stroke: #7b8794 } .opening rect { fill: #fdf3d7; stroke: #b98a1c }
  .established rect { fill: #dcf3e3; stroke: #2f8a4e } .closing rect { fill: #e5ecfb; stroke: #4a6fb5 }
  .arrow path { fill: none; stroke-width: 1.7 } .arrow text { font-size: 14px; paint-order: stroke; stroke: #ffffff; stroke-width: 5 }
  .arrow .sends { font-size: 13px; fill: #616e7c } .note { font-size: 14px; fill: #4b5763 }
  .call path { stroke: #2563c9 } .segment path { stroke: #3e4c59 } .timer path { stroke: #b4531a }
  #tip-call { fill: #2563c9 } #tip-segment { fill: #3e4c59 } #tip-timer { fill: #b4531a }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #14181d } text { fill: #e4e7eb } .arrow text { stroke: #14181d } .arrow .sends { fill: #9aa5b1 } .note { fill: #b8c2cc }
    .closed rect { fill: #2a3038; stroke: #9aa5b1 } .opening rect { fill: #40351a; stroke: #d9a93a }
    .established rect { fill: #1b3b27; stroke: #57b878 } .closing rect { fill: #1f2c48; stroke: #7f9fdd }
    .call path { stroke: #7aa7f0 } .segment path { stroke: #b8c2cc } .timer path { stroke: #e58a50 }
    #tip-call { fill: #7aa7f0 } #tip-segment { fill: #b8c2cc } #tip-timer { fill: #e58a50 }
  }
"""

_LEGEND = ((Cause.CALL, "a call of the user"), (Cause.SEGMENT, "a segment arrives"), (Cause.TIMER, "a timer expires"))


def draw() -> str:
    """The whole diagram as the text of an SVG file."""
    edges = drawn_edges()
    assert set(edges) == set(ROUTES), set(edges) ^ set(ROUTES)
    tips = "".join(_tip(cause) for cause in Cause)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
            "<title>The states of a TCP connection and what leads from one to the next (RFC 9293)</title>",
            f"<style>\n{_STYLE}</style>",
            f"<defs>{tips}</defs>",
            f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
            *(_arrow(edge, ROUTES[place]) for place, edge in edges.items()),
            *(_box(state) for state in State),
            *_notes(),
            "</svg>\n",
        ]
    )


def drawn_edges() -> dict[tuple[State, State], Edge]:
    """The arrows of the diagram: every change of state, less the ways to CLOSED that lead there from nearly everywhere."""
    edges = {}
    for edge in graph():
        rows = tuple(row for row in edge.rows if row.next is not State.CLOSED or row.stimulus not in FROM_EVERYWHERE)
        if rows:
            edges[edge.state, edge.next] = Edge(edge.state, edge.next, rows)
    return edges


def label_of(edge: Edge) -> tuple[str, str]:
    """What stands at an arrow: its causes, and what is sent (empty for nothing)."""
    receives = "rcv " if edge.rows[0].stimulus.cause is Cause.SEGMENT else ""
    causes = receives + " or ".join(dict.fromkeys(_cause(row) for row in edge.rows))
    notes = dict.fromkeys(_SHORT[row.condition] for row in edge.rows if row.condition in _SHORT)
    sent = " or ".join(dict.fromkeys(row.emits.label for row in edge.rows if row.emits is not Emission.NONE))
    return causes + "".join(f" ({note})" for note in notes), f"snd {sent}" if sent else ""


def _cause(row: Row) -> str:
    return row.stimulus.label + (",ACK" if row.condition is Condition.WITH_ACK else "")


def _arrow(edge: Edge, route: Route) -> str:
    cause = edge.rows[0].stimulus.cause.name.lower()
    clauses = ", ".join(dict.fromkeys(row.clause for row in edge.rows))
    title = html.escape(f"{edge.state.label} to {edge.next.label}: {'; '.join(filter(None, label_of(edge)))} ({clauses})")
    x, y = route.label
    lines = "".join(
        f'<text{kind} x="{x}" y="{y + 16 * place}" text-anchor="{route.anchor}">{html.escape(line)}</text>'
        for place, (line, kind) in enumerate(zip(label_of(edge), ("", ' class="sends"'), strict=True))
        if line
    )
    return f'<g class="arrow {cause}"><title>{title}</title><path d="{_rounded(route.corners)}" marker-end="url(#tip-{cause})"/>{lines}</g>'


def _rounded(corners: tuple[tuple[int, int], ...]) -> str:
    """A path through corners that are rounded off; all legs run straight down or across."""
    steps = [f"M{corners[0][0]} {corners[0][1]}"]
    for before, (x, y), after in zip(corners, corners[1:], corners[2:], strict=False):
        into, out = _towards((x, y), before), _towards((x, y), after)
        steps.append(f"L{into[0]} {into[1]}Q{x} {y} {out[0]} {out[1]}")
    return "".join([*steps, f"L{corners[-1][0]} {corners[-1][1]}"])


def _towards(corner: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    (x, y), (other_x, other_y) = corner, other
    return x + CORNER * ((other_x > x) - (other_x < x)), y + CORNER * ((other_y > y) - (other_y < y))


def _tip(cause: Cause) -> str:
    name = f"tip-{cause.name.lower()}"
    place = 'viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"'
    return f'<marker id="{name}" {place}><path d="M0 0L10 5L0 10z"/></marker>'


def _box(state: State) -> str:
    x, y, colour = BOXES[state]
    rect = f'<rect x="{x - BOX_WIDTH // 2}" y="{y - BOX_HEIGHT // 2}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="9"/>'
    return f'<g class="state {colour}">{rect}<text x="{x}" y="{y + 5}">{state.label}</text></g>'


def _notes() -> list[str]:
    """The legend, and the ways to CLOSED that are not drawn."""
    lines = []
    for place, (cause, text) in enumerate(_LEGEND):
        y, name = 30 + 22 * place, cause.name.lower()
        lines.append(f'<g class="arrow {name}"><path d="M30 {y}L70 {y}" marker-end="url(#tip-{name})"/></g>')
        lines.append(f'<text class="note" x="82" y="{y + 5}">{text}</text>')
    ways = ", ".join(f"{stimulus.label} from {_every_state_but(stimulus)}" for stimulus in FROM_EVERYWHERE)
    lines.append(f'<text class="note" x="{WIDTH // 2}" y="{HEIGHT - 22}" text-anchor="middle">To CLOSED also: {html.escape(ways)}</text>')
    return lines


def _every_state_but(stimulus: Stimulus) -> str:
    leaving = {row.state for row in ROWS if row.stimulus is stimulus and row.next is State.CLOSED is not row.state}
    return "all but " + " and ".join(state.label for state in State if state not in leaving)
