from __future__ import annotations

import pytest

from estab.drill.verdict import Outcome
from tests.unit.drill.playing import CONNECTED, LISTENING, failure, passes, play, unusable


def test_a_connection_from_its_beginning_to_its_end() -> None:
    passes(
        f"""{CONNECTED}
 +.01 < P. 1:101(100) ack 1 win 65535
   *  > . 1:1(0) ack 101
   +0 read(4, ..., 1000) = 100
   +0 close(4) = 0
   +0 > F. 1:1(0) ack 101
 +.01 < F. 101:101(0) ack 2 win 65535
   +0 > . 2:2(0) ack 102
"""
    )


def test_a_packet_that_is_not_as_written_is_shown_beside_it() -> None:
    found = failure(f"{CONNECTED}\n +0 write(4, ..., 10) = 10\n +0 > P. 1:12(11) ack 2")
    assert str(found.reason) == "the packet is not as written" and found.line == 12
    assert (found.expected, found.actual) == ("> P. 1:12(11) ack 2", "0.010000 > P. 1:11(10) ack 1 win 64240")
    assert [str(difference.what) for difference in found.differences] == ["payload in bytes", "acknowledgment number"]


def test_a_packet_that_does_not_come() -> None:
    found = failure(f"{LISTENING}   +0 < S 0:0(0) win 5 <mss 1000>\n   +0 > S. 0:0(0) ack 1 <mss 1460>\n   +0 > . 5:5(0) ack 1")
    assert (found.line, str(found.actual)[:4]) == (7, "1.00")  # it is the SYN-ACK again
    nothing = failure(f"{CONNECTED}\n   +0 > . 1:1(0) ack 1")
    assert str(nothing.reason) == "no packet was sent" and str(nothing.actual) == "nothing until 2.010000"


def test_a_packet_that_comes_too_early_or_too_late() -> None:
    sent = f"{CONNECTED}\n   +0 write(4, ..., 10) = 10\n"
    assert str(failure(f"{sent}  +.1 > P. 1:11(10) ack 1").differences[0].what) == "time"
    passes(f"{sent}+.003 > P. 1:11(10) ack 1")
    passes(f"{sent}   +0 > P. 1:11(10) ack 1\n+.2~+.25 > P. 1:11(10) ack 1")
    assert str(failure(f"{sent}   +0 > P. 1:11(10) ack 1\n  +.1 > P. 1:11(10) ack 1").reason) == "the packet came at another time"


def test_a_call_that_blocks_returns_when_the_script_says() -> None:
    reading = f"{CONNECTED}\n   +0...0.1 read(4, ..., 1000) = 100\n  +.1 < P. 1:101(100) ack 1 win 65535\n   *  > . 1:1(0) ack 101"
    passes(reading)
    late = failure(reading.replace("0...0.1", "0...0.05"))
    assert (str(late.reason), late.line) == ("the call returned at another time", 11)


def test_a_blocking_call_must_end() -> None:
    assert "has not returned" in str(failure(f"{CONNECTED}\n   +0...0.1 read(4, ..., 1000) = 100").reason)
    found = failure(f"{CONNECTED}\n   +0...0.1 read(4, ..., 1000) = 100\n   +0 read(4, ..., 1000) = 100")
    assert "has not returned" in str(found.reason) and found.line == 12


def test_a_call_that_is_not_meant_to_block_must_not() -> None:
    assert str(failure(f"{CONNECTED}\n   +0 read(4, ..., 1000) = 100").reason) == "the call blocks"


def test_relative_times_of_inbound_packets_count_from_their_own() -> None:
    assert play(f"{CONNECTED}\n +.01 < . 1:1(0) ack 1 win 9\n +.02 < . 1:1(0) ack 1 win 9").ended_ns == 40_000_000


def test_assertions_see_the_connection_under_test() -> None:
    passes(f"{CONNECTED}\n +0 %{{ assert tcpi_state == TCP_ESTABLISHED; rtt = tcpi_rtt }}%\n +0 %{{ assert rtt > 0 }}%")
    found = failure(f"{CONNECTED}\n +0 %{{ assert tcpi_snd_mss == 1 }}%")
    assert (found.expected, found.actual) == ("tcpi_snd_mss == 1", "tcpi_snd_mss = 1000")


def test_a_connection_that_nobody_has_accepted_is_seen_too() -> None:
    passes(
        f"""{LISTENING}
   +0 < S 0:0(0) win 65535 <mss 1000>
   +0 > S. 0:0(0) ack 1 <mss 1460>
 +.01 < . 1:1(0) ack 1 win 65535
   +0 %{{ assert tcpi_state == TCP_ESTABLISHED, tcpi_state }}%
"""
    )


def test_surprises_are_told_only_where_they_are_asked_for() -> None:
    text = f"{CONNECTED}\n   +0 write(4, ..., 10) = 10"
    passes(text)
    found = failure(f"--no_surprises\n{text}")
    assert (str(found.reason), found.actual) == ("a packet was sent that no event expects", "0.010000 > P. 1:11(10) ack 1 win 64240")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 > . 1:1(0)", "no connection has been opened"),
        ("0 unheard(3) = 0", "unheard"),
        ("0 close(3) = 0", "descriptor 3 is not open"),
        ("0 `reboot`", "reboot"),
        ("`sysctl -q net.ipv4.unheard=1`\n0 `true`", "unheard"),
        ("0 %{ import os }%", "import os"),
        ("--mtu=x\n0 `true`", "takes a number"),
        ("0 close(", "expected"),
    ],
)
def test_a_script_that_asks_for_what_is_not_there(text: str, words: str) -> None:
    assert words in unusable(text) and unusable(text).startswith("a.pkt:")


def test_a_late_script_is_told() -> None:
    found = failure(f"{CONNECTED}\n   +0 write(4, ..., 10) = 10\n   +0 > P. 1:11(10) ack 1\n * > P. 1:11(10) ack 1\n .1 close(4) = 0")
    assert str(found.reason) == "the script is late"


def test_the_transcript_has_every_event_with_its_time() -> None:
    run = play(f"{CONNECTED}\n  +.5 close(4) = 0")
    assert run.outcome is Outcome.PASSED
    assert [(line.at_ns, line.text) for line in run.transcript[-2:]] == [
        (10_000_000, "+0 accept(3, ..., ...) = 4"),
        (510_000_000, "+.5 close(4) = 0"),
    ]


def test_a_seed_makes_the_same_run_again() -> None:
    text = f"{CONNECTED}\n   +0 write(4, ..., 10) = 10\n   +0 > P. 1:11(10) ack 2"
    assert play(text) == play(text)
