from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.flow import Endpoint, Words, parse_address, spell_address

words = st.tuples(*[st.integers(0, (1 << 32) - 1)] * 4)


@given(words)
def test_an_address_survives_writing_and_reading(address: Words) -> None:
    assert parse_address(spell_address(address)) == address


@given(st.integers(0, (1 << 32) - 1))
def test_ipv4_is_spelled_with_dots(address: int) -> None:
    assert spell_address((0, 0, 0xFFFF, address)) == str(ipaddress.IPv4Address(address))


@given(words.filter(lambda address: address[:3] != (0, 0, 0xFFFF)))
def test_ipv6_is_spelled_as_the_standard_library_does(address: Words) -> None:
    whole = address[0] << 96 | address[1] << 64 | address[2] << 32 | address[3]
    assert spell_address(address) == str(ipaddress.IPv6Address(whole))


@pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.256", "g::1", "host"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        parse_address(text)


def test_an_endpoint_is_written_so_that_its_port_can_be_told() -> None:
    assert str(Endpoint("10.0.0.1", 80)) == "10.0.0.1:80"
    assert str(Endpoint("2001:db8::1", 80)) == "[2001:db8::1]:80"
    assert Endpoint("10.0.0.1", 80).to_dict() == {"address": "10.0.0.1", "port": 80}


def test_endpoints_are_values() -> None:
    assert Endpoint("10.0.0.1", 80) == Endpoint("10.0.0.1", 80)
    assert len({Endpoint("10.0.0.1", 80), Endpoint("10.0.0.1", 80), Endpoint("10.0.0.1", 81)}) == 2
    assert Endpoint("10.0.0.1", 80) < Endpoint("10.0.0.1", 81)
