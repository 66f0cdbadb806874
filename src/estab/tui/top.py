"""`estab top`: this host's sockets, live.

The screen knows no kernel: what reads a snapshot, finds owners and understands a filter are arguments, so that the tests drive it headless
with readings of their own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
from asyncio import CancelledError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.text import Text as Styled
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.coordinate import Coordinate
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Input, Static

from estab.errors import EstabError
from estab.instant import SECOND_NS, format_clock, format_duration
from estab.snapshot import HostSnapshot, Owner
from estab.snapshot_table import SocketArray, socket_row
from estab.text import Text, Translator, format_count, msg
from estab.tui.cells import HEADS, NUMBERS, cells_of, facts_of, said
from estab.tui.past import Past, bars
from estab.tui.table_rows import Rates, Rows, SortKey, find_by_cookie, ordered, rates_between
from estab.typeset import pad, width_of

MOST_ROWS = 200
"""Rows of the table; a terminal shows fewer, and the order decides which."""
BARS_WIDTH = 20
STATES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the screen's facts come from."""

    read: Callable[[], HostSnapshot]
    owners: Callable[[SocketArray], Mapping[int, Sequence[Owner]]]
    """Owners by inode, of the sockets that are shown."""
    select: Callable[[str, SocketArray], Rows]
    """The rows that a filter expression takes; raises EstabError for one that has no meaning."""


class Key(enum.Enum):
    """Keys and what they do."""

    SORT = ("s", "next_order", msg("order"))
    FILTER = ("slash", "filter", msg("filter"))
    DETAIL = ("enter", "detail", msg("one socket"))
    PAUSE = ("p", "pause", msg("pause"))
    QUIT = ("q", "quit", msg("quit"))


class Detail(ModalScreen[None]):
    """One socket whole; it is read anew with every reading."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "dismiss", show=False)]
    CSS = "Detail { align: center middle; } Detail > VerticalScroll { width: 90%; height: 90%; border: round $accent; padding: 0 1; }"

    def __init__(self, cookie: int, translator: Translator) -> None:
        super().__init__()
        self.cookie = cookie
        self._translator = translator
        self._body = Static()

    def compose(self) -> ComposeResult:
        """The frame and what stands in it."""
        with VerticalScroll():
            yield self._body

    def show(self, sockets: SocketArray, owners: Mapping[int, Sequence[Owner]]) -> None:
        """Shows the socket as it is in a reading, or says that it is gone."""
        row = find_by_cookie(sockets, self.cookie)
        if row is None:
            self._body.update(self._translator(msg("This socket is gone.")))
            return
        socket = socket_row(sockets, row)
        held = tuple(owners.get(socket.inode, ()))
        lines = [said(fact, self._translator) for fact in facts_of(dataclasses.replace(socket, owners=held))]
        room = max(width_of(name) for name, _ in lines)
        self._body.update(Styled("\n".join(f"{pad(name, room)}  {text}" for name, text in lines)))


class Top(App[None]):
    """The program."""

    CSS = "#head, #states, #notice { height: auto; padding: 0 1; } #filter { display: none; } DataTable { height: 1fr; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, sources: Sources, translator: Translator, *, every_ns: int = 2 * SECOND_NS, wanted: str = "") -> None:
        super().__init__()
        for key in Key:
            letter, action, text = key.value
            self.bind(letter, action, description=translator(text))
        self._sources = sources
        self._translator = translator
        self._every_ns = every_ns
        self._wanted = wanted
        self._sort = SortKey.RATE_OUT
        self._paused = False
        self._past = Past()
        self._snapshot: HostSnapshot | None = None
        self._rates: Rates | None = None
        self._shown: Rows = np.zeros(0, np.intp)
        self._head, self._states, self._notice = Static(id="head"), Static(id="states"), Static(id="notice")
        self._filter = Input(id="filter", placeholder=translator(msg("for example: state == CLOSE-WAIT and age > 1m")))
        self._table: DataTable[Styled] = DataTable(cursor_type="row", zebra_stripes=True)

    def compose(self) -> ComposeResult:
        """Head, states, table and keys."""
        yield from (self._head, self._states, self._filter, self._notice, self._table)
        yield Footer()

    def on_mount(self) -> None:
        """Draws the first reading and starts to read on."""
        for head in HEADS:
            self._table.add_column(self._translator(head))
        self._table.focus()
        self.take(self._sources.read())
        if self._every_ns:
            self.set_interval(self._every_ns / SECOND_NS, self._read_on)

    def _read_on(self) -> None:
        if not self._paused:
            self.run_worker(self._read, thread=True, exclusive=True, group="read", exit_on_error=False)

    def _read(self) -> None:
        snapshot = self._sources.read()
        # The program may have been left while the kernel was read; then nobody is there to take the reading.
        with contextlib.suppress(RuntimeError, CancelledError):
            self.call_from_thread(self.take, snapshot)

    def take(self, snapshot: HostSnapshot) -> None:
        """Shows a reading."""
        before, self._snapshot = self._snapshot, snapshot
        lasted_ns = snapshot.taken_ns - before.taken_ns if before is not None else 0
        self._rates = rates_between(before.sockets if before is not None else None, snapshot.sockets, lasted_ns)
        self._past.take(snapshot)
        self._draw()

    def _draw(self) -> None:
        if self._snapshot is None or self._rates is None:
            return
        sockets: SocketArray = self._snapshot.sockets
        notice: Text | str = "" if not self._paused else msg("paused")
        rows = np.arange(len(sockets))
        if self._wanted:
            try:
                rows = self._sources.select(self._wanted, sockets)
            except EstabError as problem:
                notice = problem.args[0] if problem.args and isinstance(problem.args[0], Text) else str(problem)
        self._shown = ordered(sockets, rows, self._sort, self._rates, most=MOST_ROWS)
        owners = self._sources.owners(sockets[self._shown])
        self._draw_head(len(sockets), len(rows))
        self._draw_table(sockets, owners)
        told = notice if isinstance(notice, str) else self._translator(notice)
        self._notice.update(told)
        self._notice.display = bool(told)
        if isinstance(self.screen, Detail):
            self.screen.show(sockets, self._sources.owners(sockets))

    def _draw_head(self, sockets: int, fitting: int) -> None:
        assert self._snapshot is not None
        tr = self._translator
        parts: list[Text | str] = [
            msg("{count} sockets", count=format_count(sockets)),
            msg("order: {key}", key=self._sort.text),
            f"{format_clock(self._snapshot.taken_ns)} UTC",
        ]
        if self._every_ns:
            parts.insert(2, msg("every {time}", time=format_duration(self._every_ns)))
        if self._wanted:
            parts.insert(1, msg("{count} fit the filter {filter}", count=format_count(fitting), filter=self._wanted))
        said_parts = [part if isinstance(part, str) else tr(part) for part in parts]
        self._head.update(Styled(f"estab top   {' · '.join(said_parts)}", style="bold"))
        self._states.update(Styled("\n".join(self._state_lines())))

    def _state_lines(self) -> list[str]:
        """Bars of each state, two beside each other, and the rates below."""
        tr = self._translator
        most = sorted(self._past.states.items(), key=lambda item: (-max(item[1]), item[0]))[:STATES_SHOWN]
        cells = [f"{pad(state, 13)}{pad(format_count(series[-1]), 8, right=True)} {bars(series, BARS_WIDTH)}" for state, series in most]
        lines = ["   ".join(pad(cell, 13 + 9 + BARS_WIDTH) for cell in cells[at : at + 2]).rstrip() for at in range(0, len(cells), 2)]
        rates = self._past.rates
        opened = rates["Tcp.ActiveOpens"] + rates["Tcp.PassiveOpens"]
        dropped = max(rates["TcpExt.ListenOverflows"], rates["TcpExt.ListenDrops"])
        told = (
            msg("opened {rate}/s", rate=f"{opened:.3g}"),
            msg("sent again {rate}/s", rate=f"{rates['Tcp.RetransSegs']:.3g}"),
            msg("RST sent {rate}/s", rate=f"{rates['Tcp.OutRsts']:.3g}"),
            msg("dropped at listeners {rate}/s", rate=f"{dropped:.3g}"),
        )
        return [*lines, " · ".join(tr(part) for part in told)]

    def _draw_table(self, sockets: SocketArray, owners: Mapping[int, Sequence[Owner]]) -> None:
        assert self._rates is not None
        cursor = self._table.cursor_row
        self._table.clear()
        for row in self._shown:
            cells = cells_of(sockets, int(row), self._rates, owners.get(int(sockets["inode"][row]), ()))
            self._table.add_row(*(Styled(cell, justify="right" if at in NUMBERS else "left") for at, cell in enumerate(cells)))
        if len(self._shown):
            self._table.cursor_coordinate = Coordinate(min(cursor, len(self._shown) - 1), 0)

    def action_next_order(self) -> None:
        """The next key of order."""
        keys = list(SortKey)
        self._sort = keys[(keys.index(self._sort) + 1) % len(keys)]
        self._draw()

    def action_filter(self) -> None:
        """Asks for a filter."""
        self._filter.display = True
        self._filter.value = self._wanted
        self._filter.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Takes the filter."""
        self._wanted = event.value.strip()
        event.input.display = False
        self._table.focus()
        self._draw()

    def action_pause(self) -> None:
        """Stops reading, or goes on."""
        self._paused = not self._paused
        self._draw()

    def on_data_table_row_selected(self) -> None:
        """Enter on a row."""
        self.action_detail()

    def action_detail(self) -> None:
        """Shows the socket under the cursor whole."""
        if self._snapshot is None or not len(self._shown):
            return
        sockets: SocketArray = self._snapshot.sockets
        row = int(self._shown[min(self._table.cursor_row, len(self._shown) - 1)])
        detail = Detail(int(sockets["cookie"][row]), self._translator)
        self.push_screen(detail)
        detail.call_after_refresh(detail.show, sockets, self._sources.owners(sockets[row : row + 1]))
