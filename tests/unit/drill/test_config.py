from __future__ import annotations

import pytest

from estab.drill.config import Config, Family, config_of, defines_of, families_of
from estab.drill.parser import parse_script
from estab.drill.script import Script
from estab.drill.source import ScriptError

EVENT = "\n0 close(3) = 0"


def script(options: str, path: str = "a.pkt") -> Script:
    return parse_script(options + EVENT, path)


@pytest.mark.parametrize(
    ("options", "path", "families"),
    [
        ("", "a.pkt", tuple(Family)),
        ("--ip_version=ipv6", "a.pkt", (Family.IPV6,)),
        ("--ip_version=ipv4-mapped-ipv6", "a.pkt", (Family.MAPPED,)),
        ("--local_ip=192.168.0.2", "a.pkt", (Family.IPV4, Family.MAPPED)),
        ("--remote_ip=fd::1", "a.pkt", (Family.IPV6,)),
        ("", "x/basic-v4.pkt", (Family.IPV4, Family.MAPPED)),
        ("", "x/basic-v6.pkt", (Family.IPV6,)),
    ],
)
def test_families_in_which_a_script_means_something(options: str, path: str, families: tuple[Family, ...]) -> None:
    assert families_of(script(options, path)) == families


@pytest.mark.parametrize(
    ("error", "families"),
    [
        ("unreachable frag_needed mtu 800", (Family.IPV4, Family.MAPPED)),
        ("packet_too_big mtu 1300", (Family.IPV6,)),
        ("unreachable", tuple(Family)),
    ],
)
def test_icmp_errors_of_one_version(error: str, families: tuple[Family, ...]) -> None:
    assert families_of(parse_script(f"0 < icmp {error}")) == families


def test_options_change_the_configuration() -> None:
    options = "--tolerance_usecs=10000 --tolerance_percent=20 --mtu=1400 --bind_port=80 --connect_port=81 --local_ip=10.0.0.1/8"
    config = config_of(script(options + " --tcp_ts_tick_usecs=1000 --strict_segments --tcp_ts_ecr_scaled --no_surprises"), Family.IPV4)
    assert config == Config(
        family=Family.IPV4,
        local_ip="10.0.0.1",
        remote_ip="192.0.2.1",
        mtu_bytes=1400,
        bind_port=80,
        connect_port=81,
        tolerance_ns=10_000_000,
        tolerance_percent=20.0,
        strict_segments=True,
        ts_tick_us=1000,
        ts_ecr_scaled=True,
        no_surprises=True,
    )


def test_both_versions_of_ip_leave_room_for_the_same_segment() -> None:
    plain = script("")
    assert config_of(plain, Family.IPV4).mtu_bytes - 40 == config_of(plain, Family.IPV6).mtu_bytes - 60


def test_options_about_a_kernel_have_no_effect() -> None:
    assert config_of(script("--mss=1000 --send_omit_free"), Family.IPV4) == config_of(script(""), Family.IPV4)


@pytest.mark.parametrize(
    ("options", "words"), [("--unheard_of=1", "unheard_of"), ("--mtu=big", "takes a number"), ("--ip_version=5", "ipv6")]
)
def test_an_option_that_means_nothing_is_refused(options: str, words: str) -> None:
    with pytest.raises(ScriptError, match=words):
        config_of(script(options), Family.IPV4)


def test_words_of_a_family() -> None:
    assert defines_of(Family.IPV4)["CMSG_LEVEL_IP"] == "SOL_IP"
    assert defines_of(Family.MAPPED)["CMSG_LEVEL_IP"] == defines_of(Family.IPV6)["CMSG_LEVEL_IP"] == "SOL_IPV6"
