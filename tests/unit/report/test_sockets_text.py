"""The table of sockets: what stands in it at each width, and that nothing is wider than the screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from estab.live.listing import Listing, Request
from estab.live.view import View
from estab.report.painter import Painter
from estab.report.sockets_text import sockets_lines
from estab.report.view import Layout
from estab.snapshot import HostSnapshot, Owner
from estab.snapshot_table import socket_table
from estab.text import Translator
from estab.typeset import width_of
from tests.unit.live.made import OWNERS, SOCKETS, host, one, view


def listing(taken: HostSnapshot | None = None, made: View | None = None, request: Request = Request(), **more: Any) -> Listing:  # noqa: B008
    seen = made or view()
    values: dict[str, Any] = {"matching": len(seen), "rows": np.arange(len(seen)), "elapsed_ns": 41_200_000} | more
    return Listing(request=request, host=taken or host(), view=seen, **values)


def text(shown: Listing, width: int = 80, language: str = "en") -> list[str]:
    lines = list(sockets_lines(shown, Layout(translator=Translator(language), width=width, painter=Painter())))
    assert all(line.endswith("\n") and not line.endswith(" \n") for line in lines)
    assert all(width_of(line.rstrip("\n")) <= width for line in lines)
    return [line.rstrip("\n") for line in lines]


def test_at_80_columns_trouble_stands_in_a_second_line() -> None:
    lines = text(listing())
    assert lines[:3] == [
        "this host   5 sockets                                            read in 41.2 ms",
        "  2 ESTABLISHED · 1 LISTEN · 1 CLOSE-WAIT · 1 TIME-WAIT",
        "",
    ]
    assert lines[3].split() == ["state", "local", "peer", "recv-q", "send-q", "age", "≥"]
    assert lines[4].split() == ["LISTEN", "0.0.0.0:80", "0.0.0.0:*", "3", "128"]
    assert lines[5].split() == ["ESTABLISHED", "10.0.0.1:80", "192.0.2.7:40000", "0", "66k", "70s"]
    assert lines[6] == "    retransmit 4.2s ×3 · 5 resent"
    assert lines[8].split() == ["ESTABLISHED", "[2001:db8::1]:50001", "[2001:db8::2]:443", "0", "0", "0ms"]
    assert lines[9].split() == ["TIME-WAIT", "10.0.0.1:50002", "192.0.2.7:443", "0", "0", "2s"]


def test_on_a_wide_screen_everything_stands_beside() -> None:
    lines = text(listing(with_owners=True), width=160)
    assert lines[3].split() == ["state", "local", "peer", "recv-q", "send-q", "age", "≥", "timer", "rtt", "resent", "process"]
    assert lines[5].split()[5:] == ["70s", "retransmit", "4.2s", "×3", "12.3ms", "5", "nginx[812]", "nginx.service"]
    assert len(lines) == 9


def test_owners_stand_below_where_there_is_no_room() -> None:
    lines = text(listing(with_owners=True))
    assert lines[5] == "    nginx[812] +1 nginx.service"
    assert lines[7] == "    nginx[812] nginx.service · retransmit 4.2s ×3 · 5 resent"
    assert lines[-2] == "    ssh[99] abcdef012345"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_long_addresses_and_owners_fit(width: int, language: str) -> None:
    long = one(SOCKETS[1].state, "2001:db8:1111:2222:3333:4444:5555:6666 65535", "2001:db8:7777:8888:9999:aaaa:bbbb:cccc 65534", inode=9)
    owners = {9: (Owner(4_194_304, "a-very-long-name", 1, "", "", "a-unit-with-quite-a-long-name-that-goes-on-and-on.service"),)}
    made = View(socket_table([*SOCKETS, long]), OWNERS | owners)
    shown = listing(made=made, with_owners=True)
    lines = [line.rstrip("\n") for line in sockets_lines(shown, Layout(translator=Translator(language), width=width, painter=Painter()))]
    if width >= 80:
        assert max(map(width_of, lines)) <= width
    assert any("65535" in line for line in lines)


def test_a_filter_and_what_is_left_out() -> None:
    lines = text(listing(request=Request(filter="x"), matching=3, rows=np.array([2]), left_out=2))
    assert lines[0].startswith("this host   3 of 5 sockets")
    assert lines[-1] == "… and 2 more"


def test_nothing_fits() -> None:
    assert text(listing(request=Request(filter="x"), matching=0, rows=np.array([], np.int64)))[-1] == "no socket fits what was asked for"
    assert text(listing(matching=0, rows=np.array([], np.int64)))[-1] == "no sockets"


def test_what_could_not_be_seen_is_told() -> None:
    lines = text(listing(taken=host(unseen={"owners": "not permitted"})))
    assert lines[2] == "  hidden  owners: not permitted"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"netns": "blue"}, "network namespace blue"),
        ({"request": Request(pid=7)}, "network namespace of process 7"),
        ({"taken": host(is_initial_namespace=False)}, "this network namespace"),
    ],
)
def test_where_the_sockets_are(more: dict[str, Any], said: str) -> None:
    assert text(listing(**more))[0].startswith(f"{said}   ")


def test_many_rows_come_as_they_are_made() -> None:
    made = View(socket_table(SOCKETS * 500))
    lines = sockets_lines(listing(made=made), Layout(translator=Translator(), width=120, painter=Painter()))
    assert sum(line.startswith("TIME-WAIT") for line in lines) == 500
