"""The document `estab.sockets/1`."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from estab.live.groups import grouped
from estab.live.listing import Listing, Request
from estab.live.view import View
from estab.report.sockets_json import sockets_to_dict
from estab.snapshot import Interface
from estab.snapshot_table import socket_table
from estab.text import Translator, msg
from tests.unit.live.made import SOCKETS, host, view


def document(language: str = "en", *, made: View | None = None, **more: Any) -> dict[str, Any]:
    made = made or view()
    taken = host(unseen={"qdiscs": msg("not permitted")}, interfaces={4: Interface(name="eth0", index=4)})
    values: dict[str, Any] = {"request": Request(filter="port == 80"), "rows": np.arange(5), "matching": 5, "with_owners": True} | more
    found = sockets_to_dict(Listing(host=taken, view=made, **values), Translator(language))
    assert json.loads(json.dumps(found)) == found
    return found


def test_the_head() -> None:
    found = document(netns="blue", left_out=2)
    del found["sockets"]
    assert found == {
        "schema": "estab.sockets/1",
        "host": {"taken_ns": 1_000, "boot_ns": 1, "kernel": "6.1.0", "namespace": 0, "netns": "blue", "initial_namespace": True},
        "filter": "port == 80",
        "total": 5,
        "matching": 5,
        "left_out": 2,
        "states": {"LISTEN": 1, "ESTABLISHED": 2, "CLOSE-WAIT": 1, "TIME-WAIT": 1},
        "unseen": {"qdiscs": "not permitted"},
    }


def test_a_socket_with_everything() -> None:
    busy = document()["sockets"][1]
    assert (busy["state"], busy["local"], busy["remote"]) == (
        "ESTABLISHED",
        {"address": "10.0.0.1", "port": 80},
        {"address": "192.0.2.7", "port": 40_000},
    )
    assert busy["timer"] == {"kind": "retransmit", "expires_ms": 4_200, "retries": 3}
    assert (busy["age_ms"], busy["idle_ms"], busy["uid"], busy["congestion"], busy["family"]) == (70_000, 900, 33, "cubic", 4)
    assert (busy["info"]["rtt_us"], busy["info"]["total_retrans"], busy["info"]["ca_state"]) == (12_300, 5, "open")
    assert busy["info"]["delivery_rate_app_limited"] is False and busy["memory"] is None
    assert busy["owners"] == [
        {
            "pid": 812,
            "command": "nginx",
            "descriptor": 6,
            "command_line": "nginx: worker",
            "container": None,
            "unit": "nginx.service",
            "started_ns": 5,
        }
    ]


def test_what_is_not_known_is_null() -> None:
    listener, *_, waiting = document()["sockets"]
    assert (listener["age_ms"], listener["info"], listener["timer"]) == (None, None, None)
    assert (waiting["info"], waiting["owners"], waiting["congestion"], waiting["interface"]) == (None, [], None, None)


def test_owners_only_where_they_were_asked_for() -> None:
    assert "owners" not in document(with_owners=False)["sockets"][0]


def test_interfaces_by_name_and_numbers_beyond_what_is_known() -> None:
    made = view()
    made.table = socket_table(SOCKETS)
    made.table["interface"] = [4, 9, 0, 0, 0]
    made.table["timer"][1] = 9
    made.table["ca_state"][1] = 40
    taken = host(interfaces={4: Interface(name="eth0", index=4)})
    found = sockets_to_dict(Listing(host=taken, view=made, request=Request(), rows=np.arange(5), matching=5))["sockets"]
    assert [one["interface"] for one in found] == ["eth0", "9", None, None, None]
    assert found[1]["timer"]["kind"] == "9" and found[1]["info"]["ca_state"] == "40"


def test_groups() -> None:
    groups = tuple(grouped(view(), np.arange(5), ("process",)))
    found = document(keys=("process",), groups=groups)
    assert "sockets" not in found
    assert found["groups"][0] == {
        "keys": {"process": "nginx"},
        "count": 3,
        "recv_queue_bytes": 1,
        "send_queue_bytes": 65_536,
        "resent": 5,
        "oldest_ms": 125_000,
    }


def test_reasons_are_told_in_the_reader_s_language() -> None:
    assert document("zh_CN")["unseen"] == {"qdiscs": "没有权限"}
