"""Groups of sockets as a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from estab.live.groups import Group, grouped
from estab.live.listing import Listing, Request
from estab.report.painter import Painter
from estab.report.socket_groups_text import socket_groups_lines
from estab.report.view import Layout
from estab.text import Translator
from estab.typeset import width_of
from tests.unit.live.made import host, view


def listing(keys: tuple[str, ...], groups: list[Group] | None = None, **more: Any) -> Listing:
    made = view()
    found = grouped(made, np.arange(5), keys) if groups is None else groups
    values: dict[str, Any] = {"request": Request(by=",".join(keys)), "matching": 5} | more
    return Listing(host=host(), view=made, rows=np.arange(5), keys=keys, groups=tuple(found), **values)


def text(shown: Listing, width: int = 80) -> list[str]:
    return [line.rstrip("\n") for line in socket_groups_lines(shown, Layout(translator=Translator(), width=width, painter=Painter()))]


def test_by_process() -> None:
    lines = text(listing(("process",)))
    assert lines[3].split() == ["process", "sockets", "recv-q", "send-q", "resent", "oldest", "≥"]
    assert lines[4].split() == ["nginx", "3", "1", "66k", "5", "2m"]
    assert lines[5].split() == ["-", "1", "0", "0", "0", "2s"]


@pytest.mark.parametrize("width", [72, 80, 120])
def test_long_keys_are_shortened(width: int) -> None:
    group = Group(keys=("x" * 90, "y" * 50), count=1, recv_queue_bytes=0, send_queue_bytes=0, resent=0, oldest_ms=-1)
    lines = text(listing(("process", "unit"), [group]), width)
    assert max(map(width_of, lines)) <= width and "…" in lines[-1]


def test_nothing_and_more() -> None:
    assert text(listing(("state",), [], request=Request(by="state", filter="x"), matching=0))[-1] == "no socket fits what was asked for"
    assert text(listing(("state",), [], matching=0))[-1] == "no sockets"
    assert text(listing(("state",), left_out=7))[-1] == "… and 7 more"
