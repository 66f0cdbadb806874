"""Every declaration is complete and plausible; the facts that people act upon stand here a second time, literally."""

from __future__ import annotations

import re

import pytest

from estab.knobs import conntrack, socket_options, system, tcp, tcp_buffers, tcp_close, tcp_repair
from estab.knobs.catalog import KNOBS, find_knob
from estab.knobs.declare import Default, Knob, Scope, Unit

AREAS = (conntrack, socket_options, system, tcp, tcp_buffers, tcp_close, tcp_repair)
VERSION = re.compile(r"\d+\.\d+(\.\d+)?")

DEFAULTS = {
    "tcp_syncookies": 1,
    "tcp_tw_reuse": 2,
    "tcp_tw_reuse_delay": 1000,
    "tcp_fin_timeout": 60,
    "somaxconn": 4096,
    "tcp_synack_retries": 5,
    "tcp_syn_retries": 6,
    "tcp_syn_linear_timeouts": 4,
    "tcp_retries1": 3,
    "tcp_retries2": 15,
    "tcp_orphan_retries": 0,
    "tcp_keepalive_time": 7200,
    "tcp_keepalive_intvl": 75,
    "tcp_keepalive_probes": 9,
    "ip_local_port_range": (32768, 60999),
    "tcp_abort_on_overflow": 0,
    "tcp_mtu_probing": 0,
    "tcp_base_mss": 1024,
    "tcp_ecn": 2,
    "tcp_rfc1337": 0,
    "tcp_slow_start_after_idle": 1,
    "nf_conntrack_tcp_timeout_established": 432000,
    "nf_conntrack_tcp_timeout_close_wait": 60,
    "TCP_USER_TIMEOUT": 0,
    "SO_KEEPALIVE": 0,
}

# Item 20 of what the product must show, and the socket options that remedies name.
MUST_EXIST = (
    "tcp_syncookies",
    "tcp_tw_reuse",
    "tcp_tw_recycle",
    "tcp_fin_timeout",
    "tcp_max_tw_buckets",
    "tcp_max_syn_backlog",
    "somaxconn",
    "tcp_synack_retries",
    "tcp_syn_retries",
    "tcp_retries1",
    "tcp_retries2",
    "tcp_orphan_retries",
    "tcp_keepalive_time",
    "tcp_keepalive_intvl",
    "tcp_keepalive_probes",
    "ip_local_port_range",
    "tcp_abort_on_overflow",
    "tcp_rmem",
    "tcp_wmem",
    "nofile",
    "tcp_low_latency",
    "tcp_fack",
    "TCP_NODELAY",
    "SO_KEEPALIVE",
    "TCP_KEEPIDLE",
    "TCP_KEEPINTVL",
    "TCP_KEEPCNT",
    "TCP_USER_TIMEOUT",
    "SO_LINGER",
    "SO_REUSEADDR",
    "SO_REUSEPORT",
    "TCP_DEFER_ACCEPT",
    "IP_BIND_ADDRESS_NO_PORT",
    "TCP_QUICKACK",
    "TCP_CORK",
    "SO_RCVBUF",
    "SO_SNDBUF",
    "TCP_FASTOPEN",
    "backlog",
)

each_knob = pytest.mark.parametrize("knob", KNOBS.values(), ids=lambda knob: knob.name)


def test_no_two_knobs_share_a_name_or_a_path() -> None:
    declared = [knob for area in AREAS for knob in area.KNOBS]
    assert len(declared) == len(KNOBS) == len({knob.kernel_path for knob in declared})


@pytest.mark.parametrize("name", MUST_EXIST)
def test_the_knobs_that_people_ask_for_exist(name: str) -> None:
    assert KNOBS[name].name == name


@pytest.mark.parametrize(("name", "default"), DEFAULTS.items())
def test_defaults_of_linux(name: str, default: Default) -> None:
    assert KNOBS[name].linux == default


@each_knob
def test_a_numeric_default_is_a_value_the_kernel_accepts(knob: Knob) -> None:
    numbers = knob.linux if isinstance(knob.linux, tuple) else (knob.linux,)
    for number in numbers:
        if isinstance(number, int):
            assert knob.valid is not None and number in knob.valid


@each_knob
def test_choices_are_accepted_values_and_distinct(knob: Knob) -> None:
    values = [choice.value for choice in knob.choices]
    assert len(set(values)) == len(values)
    assert all(knob.valid is not None and value in knob.valid for value in values)


@each_knob
def test_the_path_fits_the_scope(knob: Knob) -> None:
    if knob.is_sysctl:
        assert re.fullmatch(r"(net|fs)(\.[a-z0-9_-]+)+", knob.kernel_path, re.IGNORECASE)
        assert knob.kernel_path.endswith(f".{knob.name}")
    elif knob.scope is Scope.SOCKET:
        assert re.fullmatch(r"(SOL_SOCKET|IPPROTO_TCP|IPPROTO_IP), " + re.escape(knob.name) + r"|listen\(backlog\)", knob.kernel_path)
    else:
        assert knob.kernel_path == "RLIMIT_NOFILE"


@each_knob
def test_versions_are_versions_and_what_is_gone_says_that_it_never_takes_effect(knob: Knob) -> None:
    for version in (knob.since, knob.gone_since):
        assert version is None or VERSION.fullmatch(version)
    assert (knob.gone_since is not None) == knob.takes_effect.message.startswith("never")


@each_knob
def test_every_knob_says_what_it_does_and_where_that_is_known_from(knob: Knob) -> None:
    assert len(knob.summary.message) > 20
    assert 0 < len(knob.title.message) <= 60 and not knob.title.message.endswith(".")
    assert knob.source.strip()
    assert knob.unit in Unit


@pytest.mark.parametrize(("name", "version"), [("tcp_tw_recycle", "4.12"), ("tcp_fack", "4.15"), ("tcp_low_latency", "4.14")])
def test_what_is_gone_is_marked(name: str, version: str) -> None:
    assert KNOBS[name].gone_since == version


@pytest.mark.parametrize(
    "spelling",
    [
        "tcp_fin_timeout",
        "TCP_FIN_TIMEOUT",
        "net.ipv4.tcp_fin_timeout",
        "net/ipv4/tcp_fin_timeout",
        "/proc/sys/net/ipv4/tcp_fin_timeout",
        " tcp_fin_timeout ",
    ],
)
def test_a_knob_is_found_by_any_usual_spelling(spelling: str) -> None:
    assert find_knob(spelling) is KNOBS["tcp_fin_timeout"]


def test_options_of_sockets_are_found_too() -> None:
    assert find_knob("so_keepalive") is KNOBS["SO_KEEPALIVE"]
    assert find_knob("listen(backlog)") is KNOBS["backlog"]


def test_where_only_the_case_differs_the_exact_spelling_wins_and_then_the_sysctl() -> None:
    assert find_knob("TCP_FASTOPEN") is KNOBS["TCP_FASTOPEN"]
    assert find_knob("tcp_fastopen") is find_knob("Tcp_FastOpen") is KNOBS["tcp_fastopen"]


@pytest.mark.parametrize("spelling", ["", "tcp", "net.ipv4", "tcp_fin_timeout_"])
def test_what_is_no_knob_is_not_found(spelling: str) -> None:
    assert find_knob(spelling) is None


def test_the_times_of_the_keepalive_page_agree_with_the_defaults() -> None:
    idle, interval, count = (KNOBS[name].linux for name in ("tcp_keepalive_time", "tcp_keepalive_intvl", "tcp_keepalive_probes"))
    assert isinstance(idle, int) and isinstance(interval, int) and isinstance(count, int)
    assert f"= {idle + interval * count} s" in KNOBS["tcp_keepalive_probes"].summary.message


def test_the_number_of_ports_agrees_with_the_range() -> None:
    span = KNOBS["ip_local_port_range"].linux
    assert isinstance(span, tuple)
    assert f"{span[1] - span[0] + 1:,}" in KNOBS["ip_local_port_range"].summary.message


@pytest.mark.parametrize(("retries", "seconds"), [(3, 3.0), (5, 12.6), (8, 102.2), (10, 324.6), (15, 924.6)])
def test_the_times_of_tcp_retries2_are_those_of_its_rule(retries: int, seconds: float) -> None:
    """The kernel's model: an RTO of 0.2 s that doubles up to 120 s, summed over retries + 1 waits."""
    total = sum(min(0.2 * 2**attempt, 120.0) for attempt in range(retries + 1))
    assert total == pytest.approx(seconds)
    assert f"{retries} gives {seconds} s" in KNOBS["tcp_retries2"].summary.message


def _syn_times(retries: int, linear: int) -> tuple[list[float], float]:
    """Times of the repeated SYNs, and when connect() gives up: at the first timeout not before 2^(retries+1) - 1 s."""
    waits = [1.0] * linear + [float(2**power) for power in range(12)]
    times: list[float] = []
    now = 0.0
    for wait in waits:
        now += wait
        if now >= 2 ** (retries + 1) - 1:
            return times, now
        times.append(now)
    raise AssertionError("unreachable: the waits grow without bound")


@pytest.mark.parametrize(("linear", "gives_up"), [(4, 131.0), (0, 127.0)])
def test_the_times_of_tcp_syn_retries_are_those_of_its_rule(linear: int, gives_up: float) -> None:
    times, end = _syn_times(6, linear)
    assert end == gives_up
    assert ", ".join(f"{time:g}" for time in times) + " s" in KNOBS["tcp_syn_retries"].summary.message
    assert f"{gives_up:g} s" in KNOBS["tcp_syn_retries"].summary.message
