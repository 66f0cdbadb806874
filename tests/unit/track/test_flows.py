"""Which packets belong to one connection, and when a known four-tuple begins a new one."""

from __future__ import annotations

import pytest

from estab.track.records import (
    MIDSTREAM,
    OPENED_BY_SYN,
    REUSED_IN_TIME_WAIT,
    REUSED_WHILE_OPEN,
    SIMULTANEOUS_OPEN,
    TUPLE_REUSED,
)
from tests.rules.conversation import Capture, Conversation
from tests.unit.track.tracked import Tracked, tracked


@pytest.fixture
def capture() -> Capture:
    return Capture()


def again(talk: Conversation, *, isn: int = 7_000_000) -> Conversation:
    """A new conversation of the same four-tuple."""
    capture = talk.capture
    client, server = talk.ends["client"], talk.ends["server"]
    new = capture.talk(f"{client.address}:{client.port}", f"{server.address}:{server.port}")
    for end, number in (("client", isn), ("server", isn + 1_000_000)):
        new.ends[end].isn = new.ends[end].next = number
    return new


def owners(told: Tracked) -> list[int]:
    return [row.connection for row in told.rows]


def test_both_directions_are_one_connection_and_others_are_not(capture: Capture) -> None:
    one, two = capture.talk("10.0.0.1:40000"), capture.talk("10.0.0.1:40001")
    other_port, other_server = capture.talk("10.0.0.1:40000", "10.0.0.2:81"), capture.talk("10.0.0.1:40000", "10.0.0.3:80")
    for talk in (one, two, other_port, other_server):
        talk.client("S")
    for talk in (one, two, other_port, other_server):
        talk.server("SA").client("A")
    told = tracked(capture)
    assert owners(told) == [0, 1, 2, 3, 0, 0, 1, 1, 2, 2, 3, 3]


def test_ipv6_and_ipv4_of_the_same_last_word_differ(capture: Capture) -> None:
    for client, server in (("10.0.0.1", "10.0.0.2:80"), ("::a00:1", "[::a00:2]:80")):
        talk = capture.talk(client, server)
        talk.ends["client"].port = 40_000
        talk.client("S")
    assert owners(tracked(capture)) == [0, 1]


def test_mirrored_ports_are_two_connections(capture: Capture) -> None:
    """10.0.0.1:1000 to 10.0.0.2:2000 and 10.0.0.1:2000 to 10.0.0.2:1000 share addresses and ports, but no endpoint."""
    capture.talk("10.0.0.1:1000", "10.0.0.2:2000").client("S")
    capture.talk("10.0.0.1:2000", "10.0.0.2:1000").client("S")
    assert owners(tracked(capture)) == [0, 1]


def test_a_connection_with_itself_is_one(capture: Capture) -> None:
    """Linux connects a socket to itself when its own port is drawn as the source: a simultaneous open with one voice."""
    talk = capture.talk("127.0.0.1:40000", "127.0.0.1:40000")
    talk.client("S").client("SA", seq=1000, ack=1001).client("A", ack=1001)
    told = tracked(capture)
    assert owners(told) == [0, 0, 0]
    assert told.connections.endpoint(0, 0) == told.connections.endpoint(0, 1)


def test_a_syn_again_is_no_new_connection(capture: Capture) -> None:
    capture.talk().client("S").wait("1s").client("S", again=True).wait("2s").client("S", again=True)
    told = tracked(capture)
    assert told.connections.count == 1 and told.client("retransmit_syn") == 2


def test_a_syn_with_another_number_is_another_try(capture: Capture) -> None:
    talk = capture.talk().client("S").wait("3s")
    again(talk).client("S")
    told = tracked(capture)
    assert owners(told) == [0, 1]
    assert told.has(TUPLE_REUSED, 1) and int(told.connections.previous[1]) == 0
    assert told.client("retransmits") == told.client("retransmits", 1) == 0


def test_the_same_number_after_the_longest_retry_is_another_try(capture: Capture) -> None:
    """Linux gives up a SYN after 127 s, with seven retries without linear ones after 247 s at most."""
    talk = capture.talk().client("S").wait("300s")
    again(talk, isn=1000).client("S")
    assert tracked(capture).connections.count == 2


@pytest.mark.parametrize(
    ("wait", "mark", "not_mark"),
    [("30s", REUSED_IN_TIME_WAIT, REUSED_WHILE_OPEN), ("130s", 0, REUSED_IN_TIME_WAIT | REUSED_WHILE_OPEN)],
)
def test_reuse_after_a_close(capture: Capture, wait: str, mark: int, not_mark: int) -> None:
    """TIME-WAIT lasts 2 MSL: 120 s as Linux reckons."""
    talk = capture.talk().open().close().wait(wait)
    again(talk).open()
    told = tracked(capture)
    assert told.has(TUPLE_REUSED, 1) and told.connections.count == 2
    assert not mark or told.has(mark, 1)
    assert not told.has(not_mark, 1)


def test_reuse_after_a_reset_is_neither(capture: Capture) -> None:
    talk = capture.talk().open().client("RA").wait("1s")
    again(talk).open()
    assert not tracked(capture).has(REUSED_IN_TIME_WAIT | REUSED_WHILE_OPEN, 1)


def test_reuse_while_open_tells_of_a_restart(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=10).server("A").wait("60s")
    again(talk).client("S")
    told = tracked(capture)
    assert told.has(REUSED_WHILE_OPEN, 1)
    assert int(told.connections.last_ns[told.connections.previous[1]]) == told.rows[-2].time_ns


def test_the_newest_owns_what_follows(capture: Capture) -> None:
    talk = capture.talk().open().close().wait("1s")
    again(talk).open().client("PA", data=10)
    assert owners(tracked(capture)) == [0] * 6 + [1] * 4


def test_a_syn_ack_alone_begins_a_new_one_after_an_end(capture: Capture) -> None:
    talk = capture.talk().open().close().wait("200s")
    again(talk).client("S", unseen=True).server("SA").client("A")
    told = tracked(capture)
    assert owners(told) == [0] * 6 + [1, 1]
    assert told.connections.endpoint(1, 1).port == 80


def test_a_syn_ack_overtaken_by_the_reset_after_it_begins_nothing(capture: Capture) -> None:
    """The server's ACK, the client's RST and only then the SYN-ACK pass the capture point."""
    talk = capture.talk().client("S").server("SA", unseen=True).server("A").client("R", seq=1001)
    talk.server("SA", seq=500_000, ack=1001)
    assert tracked(capture).connections.count == 1


def test_both_ends_open(capture: Capture) -> None:
    """RFC 9293 §3.5, figure 7: two SYNs, one connection."""
    talk = capture.talk().client("S").server("S").client("SA", seq=1000).server("SA", seq=500_000)
    told = tracked(capture)
    assert told.connections.count == 1 and told.has(SIMULTANEOUS_OPEN)
    assert talk.ends["client"].port == told.connections.endpoint(0, 0).port


def test_the_other_end_opens_later(capture: Capture) -> None:
    """A SYN of the old server after the old connection was in use is a new connection with the roles turned."""
    talk = capture.talk().open().client("PA", data=10).server("A").close().wait("300s")
    new = again(talk)
    new.server("S").client("SA").server("A")
    told = tracked(capture)
    assert told.connections.count == 2
    assert told.connections.endpoint(1, 0).port == 80


def test_how_a_connection_begins_is_marked(capture: Capture) -> None:
    capture.talk().open()
    capture.talk().client("S", unseen=True).server("SA")
    capture.talk().client("A", data=10, seq=77, ack=99)
    told = tracked(capture)
    assert [(told.has(OPENED_BY_SYN, row), told.has(MIDSTREAM, row)) for row in range(3)] == [(True, False), (False, False), (False, True)]


def test_many_four_tuples_of_one_hash_are_kept_apart(capture: Capture) -> None:
    talks = [capture.talk(f"10.0.0.1:{1000 + number}") for number in range(50)]
    for flags in ("S", "A"):
        for talk in talks:
            talk.client(flags)
    for row in capture.rows:
        row.hash = 0xFFFFFFFF
    told = tracked(capture)
    assert owners(told) == [*range(50), *range(50)]
