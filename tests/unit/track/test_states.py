"""Sets of possible states, packet by packet, as RFC 9293 has them; soundness over random schedules: tests/property/test_states.py."""

from __future__ import annotations

import pytest

from estab.track.records import TRANSITIONS_MAX
from estab.wire.columns import OPT_FAST_OPEN
from tests.rules.conversation import Capture, Conversation
from tests.unit.track.tracked import Tracked, tracked


@pytest.fixture
def capture() -> Capture:
    return Capture()


def opened(capture: Capture) -> Conversation:
    return capture.talk().open("10ms").client("PA", data=100).wait("10ms").server("A")


def both(told: Tracked, packet: int) -> tuple[str, str]:
    """The states of client and server after a packet."""
    sender, receiver = told.after(packet)
    return (sender, receiver) if told.rows[packet].dport == 80 else (receiver, sender)


def test_a_life_from_syn_to_time_wait(capture: Capture) -> None:
    capture.talk().open("10ms").client("PA", data=10).server("A").client("FA").server("A").server("FA").client("A")
    told = tracked(capture)
    assert [both(told, packet) for packet in range(9)] == [
        ("SYN-SENT", "LISTEN|SYN-RECEIVED|CLOSED"),
        ("SYN-SENT|ESTABLISHED", "SYN-RECEIVED"),
        ("ESTABLISHED", "SYN-RECEIVED|ESTABLISHED"),
        ("ESTABLISHED", "SYN-RECEIVED|ESTABLISHED"),
        ("ESTABLISHED", "ESTABLISHED"),
        ("FIN-WAIT-1", "ESTABLISHED|CLOSE-WAIT"),
        ("FIN-WAIT-1|FIN-WAIT-2", "CLOSE-WAIT"),
        ("FIN-WAIT-1|FIN-WAIT-2|TIME-WAIT", "LAST-ACK"),
        ("TIME-WAIT", "LAST-ACK|CLOSED"),
    ]


def test_what_the_receiver_says_next_tells_what_it_had(capture: Capture) -> None:
    """Data that does not acknowledge the FIN was sent before the FIN came; yet it may come at any moment."""
    talk = opened(capture).client("FA", dropped=True)
    talk.server("PA", data=10)
    told = tracked(capture)
    assert told.after(-1) == ("ESTABLISHED|CLOSE-WAIT", "FIN-WAIT-1")
    talk.wait("2s").server("PA", data=10)
    assert tracked(capture).after(-1) == ("ESTABLISHED", "FIN-WAIT-1")


def test_a_fin_repeated_soon_after_its_ack_leaves_both_open(capture: Capture) -> None:
    """The ACK has gone by and may be under way; a second later it is lost."""
    talk = opened(capture).client("FA").server("A", dropped=True).client("FA", again=True)
    assert both(tracked(capture), -1)[0] == "FIN-WAIT-1|FIN-WAIT-2"
    talk.wait("2s").client("FA", again=True)
    assert both(tracked(capture), -1)[0] == "FIN-WAIT-1"


def test_a_repeated_syn_ack_means_that_the_ack_did_not_come(capture: Capture) -> None:
    talk = capture.talk().open("10ms").wait("1s").server("SA", again=True)
    assert both(tracked(capture), -1) == ("ESTABLISHED", "SYN-RECEIVED")
    assert talk.ends["server"].isn == 500_000


def test_simultaneous_close(capture: Capture) -> None:
    """RFC 9293 §3.6, figure 13."""
    talk = opened(capture).client("FA", dropped=True)
    fin = talk.ends["client"].latest["seq"]
    talk.server("FA", ack=fin)
    talk.wait("10ms").client("A").server("A", ack=fin + 1).wait("3s")
    told = tracked(capture)
    assert told.paths()[0][-3:] == ["FIN-WAIT-1", "CLOSING", "TIME-WAIT"]
    assert told.paths()[1][-3:] == ["FIN-WAIT-1", "CLOSING", "TIME-WAIT"]


def test_simultaneous_open(capture: Capture) -> None:
    """RFC 9293 §3.5, figure 7."""
    capture.talk().client("S").server("S").client("SA", seq=1000).server("SA", seq=500_000).client("PA", data=10).server("PA", data=10)
    told = tracked(capture)
    assert both(told, 1) == ("SYN-SENT|SYN-RECEIVED", "SYN-SENT|SYN-RECEIVED")
    assert both(told, 2)[0] == "SYN-RECEIVED"
    assert both(told, 5) == ("ESTABLISHED", "ESTABLISHED")


def test_half_close(capture: Capture) -> None:
    talk = opened(capture).client("FA").server("A").server("PA", data=1000).client("A").server("PA", data=1000).client("A")
    told = tracked(capture)
    assert told.now() == ("FIN-WAIT-2", "CLOSE-WAIT")
    talk.server("FA").client("A").wait("3s")
    assert tracked(capture).now() == ("TIME-WAIT", "CLOSED")


def test_a_close_in_syn_received(capture: Capture) -> None:
    """RFC 9293 §3.10.4: the FIN may leave before the handshake's ACK has come."""
    capture.talk().client("S").server("SA").server("FA").client("A", ack=500_002)
    assert both(tracked(capture), 2)[1] == "FIN-WAIT-1"


def test_a_refused_syn(capture: Capture) -> None:
    capture.talk().client("S").server("RA", seq=0)
    told = tracked(capture)
    assert told.after(-1) == ("CLOSED", "SYN-SENT|CLOSED")
    assert told.paths() == (["CLOSED", "SYN-SENT|CLOSED"], ["CLOSED"])


def test_a_reset_may_not_have_arrived(capture: Capture) -> None:
    talk = opened(capture)
    talk.server("RA")
    assert tracked(capture).after(-1) == ("CLOSED", "ESTABLISHED|CLOSED")
    talk.client("PA", data=10)
    assert both(tracked(capture), -1)[0] == "ESTABLISHED|CLOSED"
    talk.wait("3s").client(again=True)
    assert both(tracked(capture), -1)[0] == "ESTABLISHED"


@pytest.mark.parametrize("shift", [-5000, 1000, 200_000])
def test_a_reset_that_does_not_fit_moves_nobody(capture: Capture, shift: int) -> None:
    talk = opened(capture)
    before = both(tracked(capture), -1)
    talk.server("R", seq=talk.ends["server"].next + shift)
    assert both(tracked(capture), -1) == before


def test_a_stale_answer_of_a_dead_socket_still_says_that_it_is_dead(capture: Capture) -> None:
    """The RST answers an old repetition with a number below what was acknowledged since: the receiver drops it, its sender is gone."""
    talk = opened(capture).server("PA", data=10).client("A")
    talk.server("R", seq=500_001)
    client, server = both(tracked(capture), -1)
    assert client == "ESTABLISHED" and server == "ESTABLISHED|CLOSED"


def test_a_reset_from_another_distance_proves_nothing_about_its_sender(capture: Capture) -> None:
    talk = opened(capture)
    talk.server("R", seq=talk.ends["server"].next, ttl=200)
    assert both(tracked(capture), -1)[1] == "ESTABLISHED|CLOSED"


@pytest.mark.parametrize(
    ("flags", "states"),
    [
        # After ACK or data any state that knows the peer; SYN-RECEIVED too, where the peer opened at the same time.
        ("A", "SYN-RECEIVED|ESTABLISHED|FIN-WAIT-1|FIN-WAIT-2|CLOSE-WAIT|CLOSING|LAST-ACK|TIME-WAIT"),
        ("FA", "FIN-WAIT-1|CLOSING|LAST-ACK"),
        ("RA", "CLOSED"),
        ("SA", "SYN-RECEIVED"),
    ],
)
def test_joined_in_the_middle(capture: Capture, flags: str, states: str) -> None:
    """What RFC 9293 lets send such a segment; nothing else is known."""
    capture.talk().client(flags, seq=77, ack=99)
    assert tracked(capture).after(0)[0] == states


@pytest.mark.parametrize("flags", ["F", "", "FPU"])
def test_a_segment_without_ack_may_come_from_no_tcp_at_all(capture: Capture, flags: str) -> None:
    capture.talk().client(flags, seq=77)
    assert "CLOSED" in tracked(capture).after(0)[0].split("|")


def test_one_direction_only(capture: Capture) -> None:
    """The client's packets alone: what it sends needs what it must have heard."""
    talk = capture.talk().client("S").server("SA", unseen=True).client("A").client("PA", data=10)
    talk.server("A", unseen=True).client("FA").server("FA", unseen=True).client("A")
    told = tracked(capture)
    assert [both(told, packet)[0] for packet in range(4)] == [
        "SYN-SENT",
        "SYN-RECEIVED|ESTABLISHED|CLOSE-WAIT",
        "ESTABLISHED|CLOSE-WAIT",
        "FIN-WAIT-1|LAST-ACK",
    ]
    assert "TIME-WAIT" in both(told, 4)[0]


def test_the_other_direction_only(capture: Capture) -> None:
    """A server alone begins with its SYN-ACK; the path of its client cannot be known beyond what is acknowledged."""
    talk = capture.talk().client("S", unseen=True).server("SA").client("A", unseen=True)
    talk.client("PA", data=10, unseen=True).server("A").server("PA", data=10)
    told = tracked(capture)
    assert [both(told, packet)[1] for packet in range(3)] == [
        "SYN-RECEIVED",
        "SYN-RECEIVED|ESTABLISHED|CLOSE-WAIT",
        "ESTABLISHED|CLOSE-WAIT",
    ]


def test_a_fin_may_stand_in_a_gap(capture: Capture) -> None:
    """A bare ACK behind bytes that were not captured: data, or the FIN; data behind it rules out the FIN."""
    talk = opened(capture).client("FA", unseen=True).client("A")
    assert both(tracked(capture), -1)[0] == "ESTABLISHED|FIN-WAIT-1"
    talk.server("A")
    assert both(tracked(capture), -1)[0] == "ESTABLISHED|FIN-WAIT-1|FIN-WAIT-2"
    talk.client("PA", data=10)
    assert both(tracked(capture), -1)[0] == "ESTABLISHED"


def test_data_goes_on_after_a_midstream_join(capture: Capture) -> None:
    """Once a bare ACK has shown SND.NXT, newer data proves that there is no FIN yet."""
    talk = capture.talk().client("A", seq=77, ack=99)
    assert "FIN-WAIT-2" in both(tracked(capture), -1)[0]
    talk.client("PA", data=10, seq=77, ack=99)
    assert both(tracked(capture), -1)[0] == "ESTABLISHED|CLOSE-WAIT"


def test_the_path_of_a_dialogue_joined_in_the_middle(capture: Capture) -> None:
    """Five exchanges, then both close: each was in ESTABLISHED before."""
    talk = capture.talk()
    talk.ends["client"].heard, talk.ends["server"].heard = 500_000, 1_000
    for _ in range(5):
        talk.client("PA", data=50).wait("5ms").server("PA", data=200).wait("5ms")
    talk.client("A").client("FA").server("FA").client("A")
    client, server = tracked(capture).paths()
    assert client == ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
    assert server == ["ESTABLISHED", "CLOSE-WAIT", "LAST-ACK|CLOSED"]


def test_a_download_joined_in_the_middle(capture: Capture) -> None:
    """Who sends new data round after round has not sent a FIN, so none has come; who only listens may have closed its half before."""
    talk = capture.talk()
    for number in range(12):
        at = 5_000 + 100 * number
        talk.server("PA", data=100, seq=at, ack=77).wait("5ms").client("A", seq=77, ack=at + 100).wait("5ms")
    assert both(tracked(capture), -1) == ("ESTABLISHED|FIN-WAIT-2", "ESTABLISHED|CLOSE-WAIT")
    talk.client("PA", data=10, seq=77, ack=6_200)
    assert both(tracked(capture), -1) == ("ESTABLISHED", "ESTABLISHED|CLOSE-WAIT")
    talk.server("A", seq=6_200, ack=87)
    assert both(tracked(capture), -1) == ("ESTABLISHED", "ESTABLISHED")


def test_a_reset_behind_unseen_data_is_genuine_if_it_acknowledges_exactly(capture: Capture) -> None:
    """In the window for all that was captured; exact if the receiver got what was not. A stranger cannot know the acknowledgement."""
    talk = opened(capture)
    talk.server("RA", seq=talk.ends["server"].next + 500)
    assert both(tracked(capture), -1) == ("ESTABLISHED|CLOSED", "ESTABLISHED|CLOSED")


def test_fast_open_data_does_not_end_the_handshake(capture: Capture) -> None:
    """RFC 7413 §4.2.2: the server may answer with data while in SYN-RECEIVED."""
    capture.talk().client("S", data=100, options=OPT_FAST_OPEN).server("SA").server("PA", data=500)
    assert both(tracked(capture), -1)[1] == "SYN-RECEIVED"


def test_changes_kept_are_bounded(capture: Capture) -> None:
    """However long two ends quarrel, one side's log holds TRANSITIONS_MAX changes, and the set itself goes on."""
    talk = capture.talk()
    for _ in range(3 * TRANSITIONS_MAX):
        talk.client("S", seq=1000).server("SA", seq=500_000, ack=1001).client("A", seq=1001, ack=500_001).wait("2s")
        talk.client("FA", seq=1001, ack=500_001).wait("2s")
    told = tracked(capture)
    assert told.connections.count == 1
    for side in (0, 1):
        assert len(told.connections.timeline(0, side)) <= TRANSITIONS_MAX
    assert told.client("transitions") == TRANSITIONS_MAX
    assert "FIN-WAIT-1" in both(told, -1)[0].split("|")
