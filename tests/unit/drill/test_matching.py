from __future__ import annotations

from dataclasses import replace

import pytest

from estab.drill.config import Config, Family
from estab.drill.matching import continues, joined, packet_differences, time_difference, tolerance_ns
from estab.drill.parser import parse_script
from estab.drill.script import EcnCheck, IpInfo, PacketAction, TcpSpec, TimeKind, When

CONFIG = Config(family=Family.IPV4, local_ip="192.168.0.1", remote_ip="192.0.2.1", mtu_bytes=1500)
MS = 1_000_000


def packet(text: str) -> PacketAction:
    action = parse_script(f"0 > {text}").events[0].action
    assert isinstance(action, PacketAction)
    return action


def body(text: str) -> TcpSpec:
    found = packet(text).body
    assert isinstance(found, TcpSpec)
    return found


def sent(text: str, ecn: EcnCheck = EcnCheck.NOT_ECT) -> PacketAction:
    return replace(packet(text), ip=IpInfo(ecn=ecn, ttl=64))


def different(expected: str, actual: PacketAction, config: Config = CONFIG, **more: bool) -> list[str]:
    return [str(difference.what) for difference in packet_differences(packet(expected), actual, config, 0, **more)]


@pytest.mark.parametrize(
    ("expected", "actual", "what"),
    [
        ("P. 1:11(10) ack 1", "P. 1:11(10) ack 1 win 99", []),
        ("P. 1:11(10) ack 1 win 98", "P. 1:11(10) ack 1 win 99", ["window"]),
        ("P. 1:11(10) ack 1", ". 1:11(10) ack 1", ["flags"]),
        ("P. 1:11(10) ack 1", "P. 2:12(10) ack 1", ["sequence number"]),
        ("P. 1:11(10) ack 1", "P. 1:12(11) ack 2", ["payload in bytes", "acknowledgment number"]),
        ("R 1:1(0)", "R 1:1(0)", []),
        ("PU. 1:11(10) ack 1 urg 9", "PU. 1:11(10) ack 1 urg 10", ["urgent pointer"]),
        (". 1:1(0) ack 1", ". 1:1(0) ack 1 <nop,nop,TS val 1 ecr 2>", ["options"]),
        (". 1:1(0) ack 1 <...>", ". 1:1(0) ack 1 <nop,nop,TS val 1 ecr 2>", []),
        ("S 0:0(0) <mss 1460,sackOK>", "S 0:0(0) <sackOK,mss 1460>", ["options"]),
        (". 1:1(0) ack 1 <nop,nop,TS val 1 ecr 2>", ". 1:1(0) ack 1 <nop,nop,TS val 9 ecr 2>", []),
        (". 1:1(0) ack 1 <nop,nop,TS val 1 ecr 2>", ". 1:1(0) ack 1 <nop,nop,TS val 1 ecr 3>", ["options"]),
        (".5 1:1(0) ack 1", "AE. 1:1(0) ack 1", []),
        (".5 1:1(0) ack 1", "AW. 1:1(0) ack 1", ["flags"]),
    ],
)
def test_what_is_compared(expected: str, actual: str, what: list[str]) -> None:
    assert different(expected, sent(actual)) == what


@pytest.mark.parametrize(
    ("expected", "ecn", "same"),
    [
        ("", EcnCheck.CE, True),
        ("[noecn]", EcnCheck.NOT_ECT, True),
        ("[noecn]", EcnCheck.ECT_0, False),
        ("[ect0]", EcnCheck.ECT_0, True),
        ("[ect01]", EcnCheck.ECT_1, True),
        ("[ect01]", EcnCheck.CE, False),
        ("[tos 0x3]", EcnCheck.CE, True),
    ],
)
def test_the_ecn_field_is_compared_where_it_is_written(expected: str, ecn: EcnCheck, same: bool) -> None:
    assert (different(f"{expected} . 1:1(0) ack 1", sent(". 1:1(0) ack 1", ecn)) == []) is same


def test_timestamps_are_compared_by_their_tick() -> None:
    ticking = replace(CONFIG, ts_tick_us=1000)
    for value, what in ((104, []), (105, ["TS val"])):
        assert different(". 1:1(0) ack 1 <TS val 100 ecr 2>", sent(f". 1:1(0) ack 1 <TS val {value} ecr 2>"), ticking) == what


def test_push_of_several_packets_is_not_compared() -> None:
    assert different("P. 1:11(10) ack 1", sent(". 1:11(10) ack 1"), several=True) == []
    assert different("P. 1:11(10) ack 1", sent("F. 1:11(10) ack 1"), several=True) == ["flags"]


@pytest.mark.parametrize(
    ("following", "together"),
    [
        (". 11:21(10) ack 1", True),
        ("FP. 11:21(10) ack 1", True),
        (". 12:22(10) ack 1", False),
        (". 11:21(10) ack 2", False),
        (". 11:11(0) ack 1", False),
        ("R. 11:21(10) ack 1", False),
    ],
)
def test_packets_that_continue_each_other(following: str, together: bool) -> None:
    assert continues(body(". 1:11(10) ack 1"), body(following)) is together
    assert not continues(body("F. 1:11(10) ack 1"), body(following))


def test_joined_packets_have_the_last_ones_end() -> None:
    assert joined(body("W. 1:11(10) ack 1"), body("FP. 11:21(10) ack 1")) == body("FPW. 1:21(20) ack 1")


@pytest.mark.parametrize(
    ("when", "actual_ms", "right"),
    [
        (When(TimeKind.ANY), 5000, True),
        (When(TimeKind.RELATIVE, 0), 104, True),
        (When(TimeKind.RELATIVE, 0), 105, False),
        (When(TimeKind.ABSOLUTE, 100 * MS), 96, True),
        (When(TimeKind.ABSOLUTE, 100 * MS), 95, False),
        (When(TimeKind.RELATIVE, 0, 10 * MS), 114, True),
        (When(TimeKind.RELATIVE, 0, 10 * MS), 115, False),
    ],
)
def test_times(when: When, actual_ms: int, right: bool) -> None:
    assert (time_difference(when, 100 * MS, actual_ms * MS, CONFIG, 0) is None) is right


def test_tolerance_grows_with_the_time_since_the_last_event() -> None:
    assert (tolerance_ns(CONFIG, 0), tolerance_ns(CONFIG, 1000 * MS)) == (4 * MS, 125 * MS)
