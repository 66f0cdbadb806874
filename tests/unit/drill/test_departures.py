from __future__ import annotations

from tests.unit.drill.playing import CONNECTED, failure, passes


def test_several_packets_may_make_up_one() -> None:
    text = f"{CONNECTED}\n   +0 write(4, ..., 5000) = 5000\n"
    passes(f"{text}   +0 > P. 1:5001(5000) ack 1")
    passes(f"{text}   +0 > . 1:2001(2000) ack 1\n   +0 > P. 2001:5001(3000) ack 1")
    found = failure(f"--strict_segments\n{text}   +0 > P. 1:5001(5000) ack 1")
    assert found.actual == "0.010000 > . 1:1001(1000) ack 1 win 64240"


def test_no_more_are_joined_than_were_written() -> None:
    found = failure(f"{CONNECTED}\n   +0 write(4, ..., 3000) = 3000\n   +0 > . 1:1501(1500) ack 1")
    assert [str(difference.what) for difference in found.differences] == ["payload in bytes"]
    assert found.unread == ("0.010000 > P. 2001:3001(1000) ack 1 win 64240",)


def test_packets_of_another_connection_are_not_looked_at() -> None:
    passes(
        f"""{CONNECTED}
   +0 write(4, ..., 10) = 10
   +0 > P. 1:11(10) ack 1
   +0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5
   +0 fcntl(5, F_SETFL, O_RDWR|O_NONBLOCK) = 0
// The first connection sends its segment again meanwhile.
  +.5 connect(5, ..., ...) = -1 EINPROGRESS (Operation now in progress)
   +0 > S 0:0(0) <...>
"""
    )


def test_any_time_waits_for_the_next_packet() -> None:
    passes(f"{CONNECTED}\n   +0 write(4, ..., 10) = 10\n   * > P. 1:11(10) ack 1\n   * > P. 1:11(10) ack 1")
