"""Which route leads to an address."""

from __future__ import annotations

from estab.diagnose.evidence.host_routes import route_to, shown
from estab.snapshot import Route

DEFAULT, SECOND = Route(destination="default", gateway="10.0.0.9"), Route(destination="default", gateway="10.0.0.8", priority=100)
WIDE, NARROW = Route(destination="10.0.0.0/8", interface="eth0"), Route(destination="10.2.0.0/16", kind="blackhole")
SIX = Route(destination="2001:db8::/32", version=6)


def test_the_longest_prefix_wins_then_the_lowest_metric() -> None:
    routes = [SECOND, DEFAULT, WIDE, NARROW, SIX]
    wanted = {"10.2.3.4": NARROW, "10.3.3.4": WIDE, "192.0.2.1": DEFAULT, "2001:db8::1": SIX, "2001:dead::1": None}
    assert {address: route_to(routes, address) for address in wanted} == wanted


def test_where_another_table_may_decide_nothing_is_said() -> None:
    assert route_to([DEFAULT, Route(destination="10.3.0.0/16", table=100)], "192.0.2.1") is None
    assert route_to([SIX, Route(destination="10.3.0.0/16", table=100)], "2001:db8::1") == SIX


def test_a_route_as_evidence() -> None:
    assert str(shown(NARROW).text) == "route: blackhole 10.2.0.0/16"
