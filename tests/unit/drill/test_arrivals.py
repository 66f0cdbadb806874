from __future__ import annotations

from tests.unit.drill.playing import CONNECTED, LISTENING, passes, unusable


def test_a_syn_to_nobody_is_refused_by_a_reset() -> None:
    passes("0 < S 0:0(0) win 5 <mss 1000>\n+0 > R. 0:0(0) ack 1")


def test_ports_and_ecn_are_those_of_the_script() -> None:
    passes(f"{LISTENING}   +0 < [ce] 40000 > 8081 S 0:0(0) win 5 <mss 1000>\n   +0 `nstat | grep IpExt.InCEPkts`")


def test_the_second_syn_needs_another_listen() -> None:
    again = "   +0 < S 0:0(0) win 5 <mss 1000>\n   +0 > S. 0:0(0) ack 1 <mss 1460>\n"
    passes(f"{LISTENING}{again}   +0 listen(3, 2) = 0\n{again}")


def test_icmp_errors_go_to_the_connection() -> None:
    refused = """0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   +0...0.01 connect(3, ..., ...) = -1 EHOSTUNREACH (No route to host)
   +0 > S 0:0(0) <...>
 +.01 < icmp unreachable host_unreachable [0:0(0)]
"""
    passes(refused)


def test_unknown_icmp_errors_and_echoes() -> None:
    assert "icmp" in unusable(f"{CONNECTED}\n +0 < icmp unreachable on_holiday").lower()
    assert "echoes a timestamp" in unusable(f"{CONNECTED}\n +0 < . 1:1(0) ack 1 win 5 <TS val 1 ecr 5>")


def test_a_fast_peer_answers_the_syn() -> None:
    passes(
        """0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   +0...0.01 connect(3, ..., ...) = 0
   +0 > S 0:0(0) <...>
 +.01 < S. 700:700(0) ack 1 win 65535 <mss 1000>
   +0 > . 1:1(0) ack 1
 +.01 < . 1:11(10) ack 1 win 65535
   *  > . 1:1(0) ack 11
"""
    )
