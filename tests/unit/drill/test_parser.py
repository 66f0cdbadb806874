from __future__ import annotations

import pytest

from estab.drill.parser import parse_script
from estab.drill.script import (
    Action,
    AnyOf,
    CallAction,
    CodeAction,
    Name,
    Number,
    Option,
    PacketAction,
    ShellAction,
    TcpSpec,
    TimeKind,
    When,
)
from estab.drill.source import Place, ScriptError
from estab.instant import SECOND_NS

WHOLE = """// A comment.
--tolerance_usecs=10000
--define=SIZE=1000

`sysctl -q net.ipv4.tcp_ecn=1`

    0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
  +.1...0.25 connect(3, ..., ...) = -1 ETIMEDOUT (Connection timed out)
   *  > P. 1:1001(SIZE) ack 1
  +.1~+.2 > . 1:1(0) ack 1
 0.3 `true`
  +0 %{ assert 1 }%
`cleanup`
"""


def action(text: str) -> Action:
    return parse_script(text).events[0].action


def test_a_whole_script() -> None:
    script = parse_script(WHOLE, "a.pkt")
    assert script.options == (Option("tolerance_usecs", "10000", Place(2)), Option("define", "SIZE=1000", Place(3)))
    assert (script.setup, script.setup_place, script.cleanup) == (
        ShellAction("sysctl -q net.ipv4.tcp_ecn=1"),
        Place(5),
        ShellAction("cleanup"),
    )
    assert [event.place.line for event in script.events] == [7, 8, 9, 10, 11, 12]
    assert [event.when for event in script.events] == [
        When(TimeKind.ABSOLUTE, 0),
        When(TimeKind.RELATIVE, SECOND_NS // 10),
        When(TimeKind.ANY),
        When(TimeKind.RELATIVE, SECOND_NS // 10, SECOND_NS // 5),
        When(TimeKind.ABSOLUTE, 3 * SECOND_NS // 10),
        When(TimeKind.RELATIVE, 0),
    ]
    call = script.events[1].action
    assert isinstance(call, CallAction)
    assert (call.name, call.result, call.errno, call.note, call.until_ns) == (
        "connect",
        Number(-1),
        "ETIMEDOUT",
        "Connection timed out",
        SECOND_NS // 4,
    )
    packet = script.events[2].action
    assert isinstance(packet, PacketAction) and isinstance(packet.body, TcpSpec)
    assert packet.body.payload_bytes == 1000
    assert script.events[5].action == CodeAction(" assert 1 ")


def test_an_event_keeps_its_spelling() -> None:
    script = parse_script("0 close(3) = 0 // comment\n+0 sendmsg(4, {msg_name(...)=...,\n    msg_flags=0}, 0) = 0\n\n+0 close(4) = 0")
    assert [event.text for event in script.events] == [
        "0 close(3) = 0",
        "+0 sendmsg(4, {msg_name(...)=..., msg_flags=0}, 0) = 0",
        "+0 close(4) = 0",
    ]


@pytest.mark.parametrize("time", ["0.1", ".1", "+0.1"])
def test_times_are_exact(time: str) -> None:
    assert parse_script(f"{time} close(3) = 0").events[0].when.ns == 100_000_000


def test_results_with_notes() -> None:
    flags = action("0 fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)")
    assert isinstance(flags, CallAction) and (flags.result, flags.note, flags.errno) == (Number(2), "flags O_RDWR", None)
    tight = action("0 read(4, ..., 512) = -1 EHOSTUNREACH(No route)")
    assert isinstance(tight, CallAction) and (tight.errno, tight.note) == ("EHOSTUNREACH", "No route")
    anything = action("0 f(A|B) = _")
    assert isinstance(anything, CallAction) and anything.arguments == (AnyOf((Name("A"), Name("B"))),) and anything.result == Name("_")


def test_words_defined_from_outside() -> None:
    spec = parse_script("0 > S 0:0(0) <FO COOKIE>", defines={"COOKIE": "0102"}).events[0].action
    assert isinstance(spec, PacketAction) and isinstance(spec.body, TcpSpec) and spec.body.options is not None
    assert spec.body.options[0].blob == b"\x01\x02"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", (1, 1), "no event"),
        ("--mss=1000", (1, 11), "no event"),
        ("0 close(3) 0", (1, 12), 'expected "="'),
        ("0 close(3) = 0\n* close(4) = 0", (2, 1), "at any time"),
        ("0~1 close(3) = 0", (1, 1), "range of times"),
        ("+1~+.5 > . 1:1(0)", (1, 1), "ends before it begins"),
        ("0 ) = 0", (1, 3), "expected a packet"),
        ("x", (1, 1), "time in seconds"),
        ("0 close(3) = 0\n`a`\n0 close(4) = 0", (3, 1), "the script must end"),
        ("0 close(3) = -1 E (no", (1, 22), 'expected "\\)"'),
    ],
)
def test_mistakes_and_their_place(text: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(ScriptError, match=words) as caught:
        parse_script(text, "a.pkt")
    assert caught.value.place == Place(*place)
