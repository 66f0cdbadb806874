"""A host's settings, read and judged."""

from __future__ import annotations

from typing import Any

import pytest

from estab.errors import MisuseError
from estab.live import tuned
from estab.live.tuned import read_tuned
from estab.machine.states import State
from estab.snapshot import HostSnapshot
from estab.snapshot_table import socket_table
from tests.unit.live.made import one


@pytest.fixture(autouse=True)
def _host(monkeypatch: pytest.MonkeyPatch) -> None:
    knobs = {"tcp_sack": "0", "tcp_fin_timeout": "30", "ip_local_port_range": "32768 60999", "ip_local_reserved_ports": ""}

    def take(namespace: object, **more: Any) -> HostSnapshot:
        sockets = socket_table([one(State.LISTEN, "0.0.0.0 27017", "0.0.0.0 0")]) if more["with_sockets"] else None
        return HostSnapshot(taken_ns=1, knobs=knobs, sockets=sockets)

    monkeypatch.setattr(tuned, "take_snapshot", take)


def test_without_a_profile() -> None:
    found = read_tuned()
    assert [one.knob.name for one in found.recommendations] == ["tcp_sack", "tcp_fin_timeout"]
    assert found.host.sockets is None and found.purpose is None and found.lacking == ()


def test_a_profile_looks_at_the_listeners() -> None:
    found = read_tuned(profile="busy-client")
    reserved = {one.knob.name: one.new for one in found.recommendations}
    assert reserved["ip_local_reserved_ports"] == "27017" and found.purpose is not None
    assert {knob.name for knob in found.lacking} == {"tcp_timestamps", "tcp_tw_reuse", "tcp_max_tw_buckets"}


def test_only_some_settings() -> None:
    assert [one.knob.name for one in read_tuned(only=("net.ipv4.tcp_fin_timeout",)).recommendations] == ["tcp_fin_timeout"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"profile": "fast"}, "no profile fast; there are busy-client"),
        ({"only": ("tcp_fast",)}, "no setting tcp_fast"),
        ({"only": ("SO_KEEPALIVE",)}, "no setting"),
    ],
)
def test_what_does_not_exist(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(MisuseError, match=said):
        read_tuned(**asked)
