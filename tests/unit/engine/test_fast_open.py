"""Cookies of Fast Open."""

from __future__ import annotations

import pytest

from estab.chance import Chance
from estab.engine.fast_open import REMEMBERED_SERVERS, FastOpenCache, FastOpenKeys
from estab.instant import SECOND_NS

HERE, THERE = "10.0.0.1", "10.0.0.2"


def test_a_cookie_is_good_for_its_client_only() -> None:
    keys = FastOpenKeys(Chance(1))
    cookie = keys.cookie(HERE, THERE)
    assert len(cookie) == 8 and keys.is_valid(cookie, HERE, THERE)
    assert not keys.is_valid(cookie, HERE, "10.0.0.3") and not FastOpenKeys(Chance(2)).is_valid(cookie, HERE, THERE)


def test_a_cookie_of_the_key_before_is_good_but_old_and_one_before_that_is_not() -> None:
    keys = FastOpenKeys(Chance(1))
    cookie = keys.cookie(HERE, THERE)
    assert not keys.is_old(cookie, HERE, THERE)
    keys.renew(b"n" * 16)
    assert keys.is_valid(cookie, HERE, THERE) and keys.is_old(cookie, HERE, THERE)
    keys.renew(b"m" * 16)
    assert not keys.is_valid(cookie, HERE, THERE)


def test_a_client_learns_a_cookie_for_one_server() -> None:
    cache = FastOpenCache()
    cache.learn(HERE, THERE, b"12345678", 1460)
    known = cache.look_up(HERE, THERE, 0)
    assert known is not None and (known.cookie, known.mss_bytes) == (b"12345678", 1460)
    assert cache.look_up(HERE, "10.0.0.3", 0) is None
    cache.forget(HERE, THERE)
    assert cache.look_up(HERE, THERE, 0) is None


@pytest.mark.parametrize("cookie", [b"", b"123", b"x" * 17])
def test_of_a_cookie_of_an_impossible_length_only_the_mss_is_kept(cookie: bytes) -> None:
    cache = FastOpenCache()
    cache.learn(HERE, THERE, cookie, 1460)
    known = cache.look_up(HERE, THERE, 0)
    assert known is not None and (known.cookie, known.mss_bytes) == (b"", 1460)


def test_a_request_that_is_refused_is_made_in_the_other_format_once() -> None:
    cache = FastOpenCache()
    tried = []
    for experimental in (False, True, False):
        cache.note_refusal(HERE, THERE, experimental=experimental)
        known = cache.look_up(HERE, THERE, 0)
        tried.append(known is not None and known.asks_experimentally)
    assert tried == [True, False, False]


def test_a_key_of_its_own_accepts_its_own_cookies_only() -> None:
    one, other = FastOpenKeys.of(b"1" * 16), FastOpenKeys.of(b"2" * 16)
    cookie = one.cookie(HERE, THERE)
    assert one.is_valid(cookie, HERE, THERE) and not other.is_valid(cookie, HERE, THERE)


def test_a_path_that_swallows_data_in_syns_rests_after_the_second_time_and_twice_as_long_after_the_third() -> None:
    cache = FastOpenCache()
    cache.learn(HERE, THERE, b"12345678", 1460)
    cache.note_failure(HERE, THERE, 0)
    assert cache.look_up(HERE, THERE, 1) is not None
    cache.note_failure(HERE, THERE, 0)
    assert cache.look_up(HERE, THERE, 239 * SECOND_NS) is None and cache.look_up(HERE, THERE, 240 * SECOND_NS) is not None
    cache.note_failure(HERE, THERE, 0)
    assert cache.look_up(HERE, THERE, 479 * SECOND_NS) is None
    cache.note_success(HERE, THERE)
    assert cache.look_up(HERE, THERE, 1) is not None


def test_memory_of_servers_is_bounded_and_the_least_recent_goes() -> None:
    cache = FastOpenCache()
    for number in range(REMEMBERED_SERVERS + 1):
        cache.learn(HERE, str(number), b"12345678", 1460)
        cache.learn(HERE, "0", b"12345678", 1460)
    assert cache.look_up(HERE, "0", 0) is not None and cache.look_up(HERE, "1", 0) is None


@pytest.mark.parametrize(
    ("key", "client", "server", "cookie"),
    [
        ("a1a1a1a1b2b2b2b2c3c3c3c3d4d4d4d4", "192.0.2.1", "192.168.0.1", "3021b9d889017eeb"),
        ("a1a1a1a1b2b2b2b2c3c3c3c3d4d4d4d4", "fd3d:fa7b:d17d::1", "fd3d:a0b:17d6::1", "c1d1e9742a47a9bc"),
        ("f763bfa0813d80ed301d64cd904abcce", "10.248.0.2", "192.168.0.2", "00abaaabe8e954c2"),
        ("00000000000000000000000000000000", "10.248.0.2", "192.168.0.2", "93b7aa4f550f8a1a"),
    ],
)
def test_cookies_are_those_of_linux(key: str, client: str, server: str, cookie: str) -> None:
    keys = FastOpenKeys(Chance(1))
    before = keys.cookie(server, client)
    keys.replace(bytes.fromhex(key))
    assert keys.cookie(server, client).hex() == cookie
    assert not keys.is_valid(before, server, client)
