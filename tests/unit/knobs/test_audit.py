"""The audit of settings: each bad value is recognised, each good one is left alone."""

from __future__ import annotations

import pytest

from estab.knobs.advice import ADVICE, Advice
from estab.knobs.audit import Reason, Recommendation, audit, lacking, quoted, unusual
from estab.knobs.catalog import KNOBS
from estab.knobs.declare import Scope
from estab.knobs.purposes import PURPOSES, Aim

DEFAULTS = {
    knob.name: " ".join(map(str, knob.linux)) if isinstance(knob.linux, tuple) else str(knob.linux)
    for knob in KNOBS.values()
    if knob.scope in {Scope.NAMESPACE, Scope.HOST} and isinstance(knob.linux, int | str | tuple) and knob.gone_since is None
} | {"tcp_max_tw_buckets": "262144", "ip_local_reserved_ports": ""}
"""A host as Linux makes it."""


def found(values: dict[str, str], profile: str | None = None, listening: tuple[int, ...] = ()) -> list[Recommendation]:
    return audit(DEFAULTS | values, purpose=None if profile is None else PURPOSES[profile], listening=listening)


def test_a_host_with_linux_s_defaults_is_left_alone() -> None:
    assert found({}) == []


@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: f"{advice.knob} {advice.bad}")
@pytest.mark.parametrize("end", ["low", "high"])
def test_each_bad_value_is_recognised_at_both_ends(advice: Advice, end: str) -> None:
    number = advice.bad.low if end == "low" else (advice.bad.high if advice.bad.high is not None else advice.bad.low + 1000)
    words = DEFAULTS.get(advice.knob, "0").split()
    words[advice.place] = str(number)
    others = {name: str(span.low) for name, span in advice.also}
    named = [one for one in found({advice.knob: " ".join(words), **others}) if one.knob.name == advice.knob]
    assert [(one.new, one.why) for one in named] == [(advice.better, advice.why)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tcp_retries2", "8"),
        ("tcp_fin_timeout", "60"),
        ("tcp_max_tw_buckets", "4096"),
        ("tcp_syn_retries", "3"),
        ("tcp_synack_retries", "2"),
        ("tcp_orphan_retries", "2"),
        ("tcp_timestamps", "2"),
        ("tcp_tw_reuse", "1"),
        ("tcp_rmem", "4096 131072 67108864"),
        ("somaxconn", "129"),
        ("nf_conntrack_tcp_timeout_established", "7440"),
        ("tcp_ecn", "1"),
    ],
)
def test_what_is_near_a_bad_value_is_left_alone(name: str, value: str) -> None:
    assert found({name: value}) == []


def test_reuse_without_timestamps_has_no_effect() -> None:
    named = {one.knob.name: one.reason for one in found({"tcp_tw_reuse": "1", "tcp_timestamps": "0"})}
    assert named == {"tcp_timestamps": Reason.DANGEROUS, "tcp_tw_reuse": Reason.WITHOUT_EFFECT}


def test_the_worst_comes_first() -> None:
    reasons = [one.reason for one in found({"tcp_fin_timeout": "30", "tcp_dsack": "0", "tcp_sack": "0"}, "web-edge")]
    assert reasons == sorted(reasons, key=list(Reason).index) and reasons[0] is Reason.DANGEROUS


def test_undo_is_what_stood_there() -> None:
    (one,) = found({"tcp_abort_on_overflow": "1"})
    assert (one.old, one.new, one.undo) == ("1", "0", "sysctl -w net.ipv4.tcp_abort_on_overflow=1")
    assert quoted("1 2 3") == "'1 2 3'" and quoted("") == "''"


@pytest.mark.parametrize("name", PURPOSES)
def test_a_profile_names_what_is_worse_and_nothing_once_it_is_set(name: str) -> None:
    purpose = PURPOSES[name]
    first = {one.knob.name: one.new for one in found({}, name)}
    assert first and None not in first.values()
    set_ = DEFAULTS | {wish.knob: wish.value for wish in purpose.wishes}
    assert audit(set_, purpose=purpose) == []


def test_a_profile_has_the_last_word_on_its_knobs() -> None:
    named = [(one.new, one.reason) for one in found({"tcp_retries2": "5"}, "long-lived") if one.knob.name == "tcp_retries2"]
    assert named == [("8", Reason.PROFILE)]


@pytest.mark.parametrize(
    ("name", "value", "profile", "worse"),
    [
        ("tcp_keepalive_time", "59", "long-lived", False),
        ("tcp_keepalive_time", "61", "long-lived", True),
        ("somaxconn", "65535", "web-edge", False),
        ("ip_local_port_range", "1024 65535", "busy-client", False),
        ("ip_local_port_range", "10241 65535", "busy-client", True),
        ("ip_local_port_range", "nonsense", "busy-client", False),
        ("tcp_tw_reuse", "0", "busy-client", True),
    ],
)
def test_what_is_as_good_or_better_is_left_alone(name: str, value: str, profile: str, worse: bool) -> None:
    assert (name in {one.knob.name for one in found({name: value}, profile)}) is worse


def test_ports_of_listeners_are_reserved_before_the_range_is_widened() -> None:
    named = found({"ip_local_reserved_ports": "11211,20000-20002"}, "busy-client", listening=(80, 11211, 20001, 27017, 15672, 40000))
    order = [one.knob.name for one in named]
    assert order.index("ip_local_reserved_ports") < order.index("ip_local_port_range")
    assert next(one.new for one in named if one.knob.name == "ip_local_reserved_ports") == "11211,20000-20002,15672,27017"
    assert "ip_local_reserved_ports" not in {one.knob.name for one in found({}, "busy-client", listening=(80, 40000))}


def test_what_a_kernel_lacks_is_named_and_not_recommended() -> None:
    values = {name: value for name, value in DEFAULTS.items() if name != "tcp_migrate_req"}
    purpose = PURPOSES["web-edge"]
    assert [knob.name for knob in lacking(values, purpose)] == ["tcp_migrate_req"]
    assert "tcp_migrate_req" not in {one.knob.name for one in audit(values, purpose=purpose)}


def test_settings_that_differ() -> None:
    values = DEFAULTS | {"tcp_congestion_control": "bbr", "net.ipv4.conf.lo.rp_filter": "2", "tcp_mem": "1 2 3"}
    assert [(knob.name, value, default) for knob, value, default in unusual(values)] == [("tcp_congestion_control", "bbr", "cubic")]


def test_no_purpose_has_an_aim_that_is_not_tested() -> None:
    assert {wish.aim for purpose in PURPOSES.values() for wish in purpose.wishes} == set(Aim)
