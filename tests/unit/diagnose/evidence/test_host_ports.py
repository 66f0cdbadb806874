from __future__ import annotations

import pytest

from estab.diagnose.evidence.host_ports import destinations, is_reserved, port_range
from estab.machine.states import State
from estab.snapshot import TimerKind
from tests.host_rules.snapshots import Case, facts_of, opened

SMALL = {"ip_local_port_range": "40000 40019", "tcp_tw_reuse": "0"}


def host(**more: object):  # type: ignore[no-untyped-def]
    return facts_of(Case(code="a.b", name="x", severity=None, **more))  # type: ignore[arg-type]


def test_reserved_ports_are_not_counted() -> None:
    span = port_range(host(knobs={"ip_local_port_range": "100 199", "ip_local_reserved_ports": "50,110-119,199-300"}))
    assert (span.low, span.high, span.size) == (100, 199, 89)
    assert port_range(host()).size == 28_232


@pytest.mark.parametrize(("port", "reserved"), [(49, False), (50, True), (110, True), (120, False)])
def test_single_ports_and_spans_are_reserved(port: int, reserved: bool) -> None:
    assert is_reserved(host(knobs={"ip_local_reserved_ports": "50,110-119"}), port) is reserved


def test_the_time_left_follows_from_what_is_opened_and_freed() -> None:
    before, after = [opened(number) for number in range(5)], [opened(number) for number in range(15)]
    (one,) = destinations(host(before=before, after=after, knobs=SMALL))
    assert (one.used, one.used_before, one.free, one.size) == (15, 5, 5, 20)
    assert one.left_s == pytest.approx(2.5)  # ten within five seconds, five are left


def test_a_connection_that_turns_into_time_wait_takes_and_frees_nothing() -> None:
    before = [opened(number, cookie=number + 1) for number in range(10)]
    after = [
        opened(number, State.TIME_WAIT, timer=TimerKind.TIME_WAIT, timer_expires_ms=59_000, cookie=500 + number) for number in range(10)
    ]
    (one,) = destinations(host(before=before, after=after, knobs=SMALL))
    assert one.used == 10 and one.left_s is None and one.opened_per_s == one.freed_per_s == 0


@pytest.mark.parametrize(
    ("reuse", "remote", "used"),
    [("0", "10.0.0.9:443", 10), ("1", "10.0.0.9:443", 0), ("2", "10.0.0.9:443", 10), ("2", "127.0.0.1:443", 0)],
)
def test_old_time_waits_are_free_where_the_setting_lets_them_be_used_again(reuse: str, remote: str, used: int) -> None:
    waits = [opened(number, State.TIME_WAIT, remote, timer=TimerKind.TIME_WAIT, timer_expires_ms=30_000) for number in range(10)]
    found = destinations(host(after=waits, knobs=SMALL | {"tcp_tw_reuse": reuse}))
    assert [one.used for one in found] == [used]
