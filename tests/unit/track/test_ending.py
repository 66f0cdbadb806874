"""FIN, RST and ICMP errors: who closed first, which resets count, whose segment an error quotes."""

from __future__ import annotations

import pytest

from estab.track.records import (
    CROSSING_FINS,
    REFUSED,
    RESET_AFTER_FIN,
    RESET_EXACT,
    RESET_ON_DATA,
    RESET_TTL_ODD,
    RESET_UNREAD,
    RESET_WITH_ACK,
    RST_SENT,
    SPOKE_AFTER_RESET,
)
from estab.track.verdict import Verdict
from tests.rules.conversation import Capture, Conversation
from tests.unit.track.tracked import tracked


@pytest.fixture
def capture() -> Capture:
    return Capture()


def opened(capture: Capture) -> Conversation:
    return capture.talk().open("10ms").client("PA", data=100).wait("10ms").server("A")


# --- FIN ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "side"), [("client", 0), ("server", 1)])
def test_who_closed_first(capture: Capture, first: str, side: int) -> None:
    talk = opened(capture)
    order = (talk.client, talk.server) if first == "client" else (talk.server, talk.client)
    order[0]("FA")
    order[1]("FA")
    order[0]("A")
    told = tracked(capture)
    assert int(told.connections.fins_first_side[0]) == side
    assert not told.has(CROSSING_FINS) and told.connections.end(0) == "fin"


def test_fins_that_cross(capture: Capture) -> None:
    """RFC 9293 §3.6, figure 13: each FIN was under way before the other arrived."""
    talk = opened(capture).client("FA", dropped=True)
    fin = talk.ends["client"].latest["seq"]
    talk.server("FA", ack=fin)
    talk.client("A").server("A", ack=fin + 1)
    told = tracked(capture)
    assert told.has(CROSSING_FINS) and int(told.connections.fins_first_side[0]) == 0


def test_the_place_of_a_fin_is_behind_its_data(capture: Capture) -> None:
    talk = opened(capture).client("FPA", data=50)
    told = tracked(capture)
    assert told.client("fin_position") == talk.ends["client"].next - 1
    assert told.client("fin_frame") == len(capture.rows)


def test_only_the_first_fin_is_dated(capture: Capture) -> None:
    opened(capture).client("FA", dropped=True).wait("300ms").client(again=True)
    told = tracked(capture)
    assert told.client("fin_ns") == told.rows[-2].time_ns and told.client("fins") == 2


# --- RST ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shift", "verdict", "counted"),
    [
        (0, Verdict(0), ""),
        (1000, Verdict.RESET_CHALLENGED, "resets_challenged"),
        (-5000, Verdict.RESET_IGNORED, "resets_ignored"),
        (100_000, Verdict.RESET_IGNORED, "resets_ignored"),
    ],
    ids=["at RCV.NXT", "in the window", "below", "above the window"],
)
def test_which_resets_count(capture: Capture, shift: int, verdict: Verdict, counted: str) -> None:
    """RFC 9293 §3.5.3 and RFC 5961 §3.2, for a window of 65535 bytes."""
    talk = opened(capture)
    talk.server("R", seq=talk.ends["server"].next + shift)
    told = tracked(capture)
    assert told.last == verdict
    assert (told.server("resets_challenged"), told.server("resets_ignored")) == (
        counted == "resets_challenged",
        counted == "resets_ignored",
    )
    assert bool(told.server("marks") & RESET_EXACT) is (shift == 0)
    assert told.server("rsts") == 1


@pytest.mark.parametrize("flags", ["R", "RA"])
def test_a_refused_syn(capture: Capture, flags: str) -> None:
    """RFC 9293 §3.10.7.1: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>."""
    capture.talk().client("S").server(flags, seq=0)
    told = tracked(capture)
    assert told.has(REFUSED) and told.last == Verdict(0)
    assert told.connections.end(0) == "reset"
    assert bool(told.server("marks") & RESET_WITH_ACK) is (flags == "RA")


def test_a_reset_whose_ack_does_not_cover_the_syn_refuses_nothing(capture: Capture) -> None:
    """RFC 9293 §3.10.7.3: in SYN-SENT a RST is valid if its ACK field acknowledges the SYN."""
    capture.talk().client("S").server("RA", seq=0, ack=5_000)
    assert tracked(capture).last == Verdict.RESET_IGNORED


def test_a_half_open_connection_is_cut_down_by_a_reset_without_ack(capture: Capture) -> None:
    """RFC 9293 §3.5.1, figure 10: the RST takes its number from the ACK that it answers."""
    talk = opened(capture)
    talk.client("PA", data=10).server("R", seq=talk.ends["client"].heard)
    told = tracked(capture)
    assert told.last == Verdict(0) and not told.server("marks") & RESET_WITH_ACK
    assert told.server("marks") & RESET_ON_DATA


def test_an_abort_with_unread_data(capture: Capture) -> None:
    """Linux resets at close() where the receive queue is not empty (RFC 2525 §2.17)."""
    opened(capture).client("PA", data=500).wait("1ms").server("RA")
    told = tracked(capture)
    assert told.server("marks") & RESET_UNREAD and told.server("marks") & RESET_WITH_ACK
    assert told.server("unacked_at_rst_bytes") == 500


def test_a_reset_after_its_own_fin(capture: Capture) -> None:
    """Closed, then data came: the socket is gone (RFC 1122 §4.2.2.13)."""
    opened(capture).server("FA").client("PA", data=500).server("R", seq=500_002)
    told = tracked(capture)
    assert told.server("marks") & RESET_AFTER_FIN and told.server("marks") & RESET_ON_DATA


def test_a_reset_from_another_distance(capture: Capture) -> None:
    """A middlebox's RST has another TTL than its alleged sender's packets; the real one goes on."""
    talk = opened(capture)
    talk.server("R", seq=talk.ends["server"].next, ttl=120)
    talk.server("PA", data=10)
    told = tracked(capture)
    assert told.server("marks") & RESET_TTL_ODD and told.server("marks") & SPOKE_AFTER_RESET
    assert (told.server("rst_ttl"), told.server("after_rst")) == (120, 1)


def test_packets_after_the_others_reset_are_counted(capture: Capture) -> None:
    talk = opened(capture)
    talk.server("R", seq=talk.ends["server"].next).client("A", data=10).client("A", data=10)
    told = tracked(capture)
    assert told.client("after_peer_rst") == 2 and told.server("after_rst") == 0


def test_a_challenge_ack_answers_a_reset_that_does_not_fit(capture: Capture) -> None:
    """RFC 5961 §3.2: the number is in the window, but not the expected one."""
    talk = opened(capture)
    talk.server("R", seq=talk.ends["server"].next + 1000).client("A")
    told = tracked(capture)
    assert told.last & Verdict.CHALLENGE_ACK and told.client("challenge_acks") == 1


def test_the_first_reset_is_the_one_described(capture: Capture) -> None:
    talk = opened(capture)
    talk.server("RA").wait("1s").server("R", seq=talk.ends["server"].next)
    told = tracked(capture)
    assert told.server("rst_frame") == len(capture.rows) - 1 and told.server("rsts") == 2
    assert int(told.connections.rst_first_side[0]) == 1 and told.server("marks") & RST_SENT


# --- ICMP -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("about", "side", "quoted"), [("client", 0, 1), ("server", 1, 2)], ids=["the SYN", "the SYN-ACK"])
def test_an_error_is_attached_to_whose_segment_it_quotes(capture: Capture, about: str, side: int, quoted: int) -> None:
    capture.talk().client("S").server("SA").icmp(about, kind=3, code=1)
    told = tracked(capture)
    connections = told.connections
    assert connections.count == 1 and told.rows[-1].connection == 0
    assert (int(connections.icmp_side[0]), int(connections.icmp_type[0]), int(connections.icmp_code[0])) == (side, 3, 1)
    assert (int(connections.icmp_quoted[0]), int(connections.icmp_version[0])) == (quoted, 4)


def test_an_error_about_data_and_the_narrowest_mtu(capture: Capture) -> None:
    """RFC 1191: type 3 code 4 with the next hop's MTU."""
    talk = opened(capture).client("A", data=1460, dropped=True)
    for mtu in (1400, 1280, 1300):
        talk.icmp("client", kind=3, code=4, mtu=mtu)
    connections = tracked(capture).connections
    assert (int(connections.icmp_quoted[0]), int(connections.icmp_mtu[0]), int(connections.icmp_count[0])) == (2, 1280, 3)
    assert int(connections.icmp_frame[0]) == len(capture.rows) - 2


def test_an_error_about_an_unknown_connection_is_an_orphan(capture: Capture) -> None:
    capture.talk().client("S", unseen=True).icmp("client")
    told = tracked(capture)
    assert told.connections.count == 0 and told.rows[0].connection == -1


def test_an_error_is_no_packet_of_a_side(capture: Capture) -> None:
    capture.talk().client("S").icmp("client")
    told = tracked(capture)
    assert (told.client("packets"), told.server("packets")) == (1, 0)


def test_ipv6_errors_say_so(capture: Capture) -> None:
    capture.talk("2001:db8::1", "[2001:db8::2]:80").client("S").icmp("client", kind=1, code=4)
    assert int(tracked(capture).connections.icmp_version[0]) == 6
