from __future__ import annotations

import pytest

from estab.drill.parser import parse_script
from estab.drill.script import PacketAction
from estab.drill.spell import spell_flags, spell_packet, spell_time
from estab.wire.segment import ACK, FIN, PSH


@pytest.mark.parametrize(
    "text",
    [
        "> S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>",
        "< FP. 1:11(10) ack 5 win 0",
        "> . 1:1(0) ack 1 <nop,nop,sack 1:2 3:4>",
        "> S. 0:0(0) ack 1 <FO 0102,nop,nop>",
        "> S 0:0(0) <FOEXP>",
        "> P. 4294967290:4(10) ack 1 urg 5 <...>",
        "> [ect0, ttl 9] .5 1:1(0) ack 1 <ECN e0b 1 ceb 2>",
        "< 80 > 99 - 1:1(0) <eol,md5 00ff,opt 76 01,raw 00>",
        "< icmp unreachable frag_needed mtu 800 [1:11(10)]",
    ],
)
def test_a_packet_is_spelled_as_it_is_written(text: str) -> None:
    action = parse_script(f"0 {text}").events[0].action
    assert isinstance(action, PacketAction)
    assert spell_packet(action) == text


def test_flags_and_times() -> None:
    assert (spell_flags(FIN | PSH | ACK), spell_flags(0)) == ("FP.", "-")
    assert spell_time(1_234_567_890) == "1.234568"
