from __future__ import annotations

import pytest

from estab.capture.reader import Chunk
from estab.lives import Life
from estab.report.packet_line import Numbers, PacketLine, packet_lines, spell_flags, verdict_words
from estab.report.packets import PacketKeeper
from estab.text import Translator
from estab.track import Tracker
from estab.track.verdict import Verdict
from estab.wire.columns import ACK, FIN, OPT_MSS, OPT_SACK, PSH, RST, SYN
from tests.rules.conversation import Capture


def lines_of(capture: Capture) -> list[PacketLine]:
    tracker, keeper = Tracker(), PacketKeeper(0)
    tracker.feed(capture.rows, len(capture.rows), Life.INTERPRETED)
    keeper(Chunk(capture.rows, len(capture.rows), Life.INTERPRETED))
    connections = tracker.finish()
    return packet_lines(connections, 0, keeper.packets, Numbers.of(connections, 0, keeper.packets), Translator())


def test_numbers_are_relative_to_the_first_of_each_side() -> None:
    capture = Capture()
    capture.talk().client("S", options=OPT_MSS, mss=1460).server("SA").client("A").client("PA", data=10).server("A").client("FA")
    assert [line.text for line in lines_of(capture)] == [
        "[S] seq 0, win 65535, <mss 1460>, len 0",
        "[S.] seq 0, ack 1, win 65535, len 0",
        "[.] ack 1, win 65535, len 0",
        "[P.] seq 1:11, ack 1, win 65535, len 10",
        "[.] ack 11, win 65535, len 0",
        "[F.] seq 11, ack 1, win 65535, len 0",
    ]


def test_a_connection_that_was_joined_later_counts_from_what_was_seen_first() -> None:
    capture = Capture()
    capture.talk().client("PA", seq=4_294_967_290, ack=77, data=10).server("A", seq=77, ack=4)
    assert [line.text for line in lines_of(capture)] == ["[P.] seq 1:11, ack 1, win 65535, len 10", "[.] ack 11, win 65535, len 0"]


def test_sack_blocks_are_relative_too() -> None:
    capture = Capture()
    talk = capture.talk().open().client("PA", data=100, dropped=True).client("PA", data=50)
    talk.server("A", ack=1_001, options=OPT_SACK, sack_blocks=1, sack0_left=1_101, sack0_right=1_151)
    assert lines_of(capture)[-1].text == "[.] ack 1, win 65535, <sack 101:151>, len 0"


def test_states_stand_with_their_side() -> None:
    capture = Capture()
    capture.talk().open().server("FA").client("A")
    client, server = lines_of(capture)[-1].states
    assert client == 1 << 7 and server & 1 << 6  # CLOSE-WAIT; FIN-WAIT-2 among others


def test_times_count_from_the_first_packet() -> None:
    capture = Capture()
    capture.talk().client("S").wait("1.5s").server("SA")
    assert [line.time for line in lines_of(capture)] == ["0.000000", "1.500020"]


def test_an_icmp_error_says_what_it_is_about() -> None:
    capture = Capture()
    capture.talk().client("S").icmp(kind=3, code=4, mtu=1400)
    line = lines_of(capture)[-1]
    assert line.text == "ICMP type 3 code 4 mtu 1400, about seq 0" and line.side == 1


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (SYN, "[S]"),
        (SYN | ACK, "[S.]"),
        (ACK, "[.]"),
        (PSH | ACK, "[P.]"),
        (FIN | ACK, "[F.]"),
        (RST, "[R]"),
        (RST | ACK, "[R.]"),
        (0, "[none]"),
    ],
)
def test_flags_are_spelled_as_tcpdump_does(flags: int, text: str) -> None:
    assert spell_flags(flags) == text


def test_verdicts_are_told_once_and_the_ordinary_is_not() -> None:
    assert [str(word) for word in verdict_words(Verdict.RETRANSMISSION | Verdict.TIMEOUT)] == ["sent again after a timeout"]
    assert [str(word) for word in verdict_words(Verdict.RETRANSMISSION | Verdict.UNNEEDED)] == ["sent again", "needlessly"]
    assert verdict_words(Verdict.NEW_DATA | Verdict.OPENS) == ()
