"""Own addresses and the way to others."""

from __future__ import annotations

import errno

import pytest

from estab.engine.addresses import Addresses, Route, canonical, is_loopback, is_one_host, is_wildcard


def _host(*addresses: str, **options: object) -> Addresses:
    return Addresses(addresses, 1500, **options)  # type: ignore[arg-type]


def test_own_addresses_are_those_given_and_loopback() -> None:
    host = _host("10.0.0.1", "fd00::1")
    assert all(host.is_own(address) for address in ("10.0.0.1", "fd00::1", "127.0.0.1", "127.9.9.9", "::1"))
    assert not host.is_own("10.0.0.2") and host.own == ("10.0.0.1", "fd00::1")


@pytest.mark.parametrize(
    ("destination", "source"), [("10.9.9.9", "10.0.0.1"), ("2001:db8::9", "fd00::1"), ("127.0.0.1", "127.0.0.1"), ("10.0.0.1", "10.0.0.1")]
)
def test_the_source_is_of_the_destinations_family_and_never_leaves_loopback(destination: str, source: str) -> None:
    assert _host("10.0.0.1", "fd00::1").route(destination).source == source


def test_without_an_address_of_the_family_there_is_no_route() -> None:
    assert _host("10.0.0.1").route("2001:db8::9").errno == errno.ENETUNREACH
    assert _host("10.0.0.1").route("10.0.0.9", "127.0.0.1").errno == errno.EINVAL


def test_routes_may_refuse_choose_a_source_and_narrow_the_mtu_but_not_widen_it() -> None:
    answers = {
        "10.1.0.1": Route(errno=errno.EACCES),
        "10.2.0.1": Route("10.0.0.7", 1300),
        "10.3.0.1": Route(mtu_bytes=9000),
    }
    host = _host("10.0.0.1", "10.0.0.7", routes=answers.__getitem__)
    assert host.route("10.1.0.1").errno == errno.EACCES
    assert host.route("10.2.0.1") == Route("10.0.0.7", 1300)
    assert host.route("10.3.0.1") == Route("10.0.0.1", 1500)
    assert host.route("10.2.0.1", "10.0.0.1").source == "10.0.0.1"
    assert host.route("127.0.0.1").mtu_bytes == 65_536  # no route is asked for


def test_spellings_of_one_address_are_one() -> None:
    assert canonical("FD00:0::0001") == "fd00::1" and canonical("::ffff:10.0.0.1") == "10.0.0.1"
    with pytest.raises(ValueError):
        canonical("example")


def test_kinds_of_addresses() -> None:
    assert is_wildcard("0.0.0.0") and is_wildcard("::") and not is_wildcard("10.0.0.1")
    assert is_loopback("::1") and is_loopback("127.0.0.2") and not is_loopback("12.7.0.1")
    assert is_one_host("10.0.0.1") and is_one_host("fd00::1")


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "ff02::1", "0.0.0.0", "::"])
def test_there_is_no_way_to_many_hosts(address: str) -> None:
    assert not is_one_host(address)
    assert _host("10.0.0.1", "fd00::1").route(address).errno == errno.ENETUNREACH
