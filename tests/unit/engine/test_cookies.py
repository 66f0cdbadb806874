"""SYN cookies."""

from __future__ import annotations

import pytest

from estab.chance import Chance
from estab.engine.cookies import SynCookies, decode_options, encode_options, without_options
from estab.engine.options import Negotiated
from estab.flow import Endpoint
from estab.instant import MINUTE_NS
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values

LINUX = profile_values(Profile.LINUX)
HERE, THERE = Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 40_000)
COOKIES = SynCookies(Chance(1))
NOW = 100 * MINUTE_NS


def test_the_mss_comes_back_rounded_down_to_the_table() -> None:
    for offered, kept in ((100, 536), (536, 536), (1299, 536), (1300, 1300), (1448, 1440), (1460, 1460), (9000, 1460)):
        cookie = COOKIES.initial_sequence(HERE, THERE, 0xFFFFFFF0, offered, NOW)
        assert 0 <= cookie < 1 << 32 and COOKIES.mss_of(HERE, THERE, 0xFFFFFFF0, cookie, NOW) == kept


def test_ipv6_has_a_table_of_its_own() -> None:
    here, there = Endpoint("fd00::1", 80), Endpoint("fd00::2", 40_000)
    assert COOKIES.mss_of(here, there, 5, COOKIES.initial_sequence(here, there, 5, 9000, NOW), NOW) == 8940


@pytest.mark.parametrize(("age_ns", "good"), [(0, True), (MINUTE_NS, True), (2 * MINUTE_NS, False), (256 * MINUTE_NS, False)])
def test_a_cookie_lives_for_the_minute_it_was_made_in_and_the_next(age_ns: int, good: bool) -> None:
    cookie = COOKIES.initial_sequence(HERE, THERE, 5, 1460, NOW)
    # After 256 minutes the counter has come round; the hash of the real count still tells.
    assert (COOKIES.mss_of(HERE, THERE, 5, cookie, NOW + age_ns) == 1460) is good


def test_a_guess_another_connection_or_another_host_is_not_believed() -> None:
    cookie = COOKIES.initial_sequence(HERE, THERE, 5, 1460, NOW)
    assert COOKIES.mss_of(HERE, Endpoint("10.0.0.2", 40_001), 5, cookie, NOW) is None
    assert COOKIES.mss_of(HERE, THERE, 6, cookie, NOW) is None
    assert SynCookies(Chance(2)).mss_of(HERE, THERE, 5, cookie, NOW) is None
    chance = Chance(9)
    assert not any(COOKIES.mss_of(HERE, THERE, 5, chance.bits32(), NOW) for _ in range(1000))


@pytest.mark.parametrize("scale", [None, 0, 7, 14])
@pytest.mark.parametrize("sack", [False, True])
@pytest.mark.parametrize("ecn", [False, True])
def test_options_travel_in_the_timestamp_which_stays_behind_the_clock(scale: int | None, sack: bool, ecn: bool) -> None:
    agreed = Negotiated(window_scaling=scale is not None, snd_wscale=scale or 0, sack=sack, ecn=ecn, timestamps=True)
    for clock in (1000, 1023, 0xFFFFFFFF):
        marked = encode_options(agreed, clock)
        assert 0 <= clock - marked < 128
        back = decode_options(1460, marked, LINUX)
        assert back is not None and (back.window_scale, back.sack, back.ecn, back.timestamps) == (scale, sack, ecn, True)


def test_without_timestamps_nothing_but_the_mss_is_left() -> None:
    back = decode_options(1460, None, LINUX)
    assert back is not None and (back.window_scale, back.sack, back.timestamps, back.mss_bytes) == (None, False, False, 1460)
    agreed = Negotiated(peer_mss_bytes=1400, window_scaling=True, snd_wscale=7, sack=True)
    assert without_options(agreed) == Negotiated(peer_mss_bytes=1400)


def test_an_echo_of_what_this_host_never_offers_is_refused() -> None:
    marked = encode_options(Negotiated(window_scaling=True, snd_wscale=7, sack=True, timestamps=True), 10_000)
    assert decode_options(1460, marked, LINUX.but(tcp_sack=0)) is None
    assert decode_options(1460, marked, LINUX.but(tcp_window_scaling=0)) is None
    assert decode_options(1460, marked, LINUX.but(tcp_timestamps=0)) is None
