"""Connections as columns: roles, ends, what the end of the capture makes of the states."""

from __future__ import annotations

import pytest

from estab.flow import Endpoint
from tests.rules.conversation import Capture, Conversation
from tests.unit.track.tracked import tracked


@pytest.fixture
def capture() -> Capture:
    return Capture()


def opened(capture: Capture) -> Conversation:
    return capture.talk().open("10ms").client("PA", data=100).wait("10ms").server("A")


# --- roles ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "ports", "server"),
    [
        ("client", (40_000, 80), 80),
        ("server", (40_000, 80), 80),
        ("server", (50_000, 8080), 8080),
        ("server", (33_000, 8_000), 8_000),
        ("client", (40_000, 45_000), 45_000),
    ],
)
def test_roles_are_guessed_where_no_syn_was_seen(capture: Capture, first: str, ports: tuple[int, int], server: int) -> None:
    talk = capture.talk(f"10.0.0.1:{ports[0]}", f"10.0.0.2:{ports[1]}")
    getattr(talk, first)("PA", data=10, seq=5, ack=7)
    connections = tracked(capture).connections
    assert connections.endpoint(0, 1).port == server
    assert not connections.roles_known[0]


def test_a_syn_settles_the_roles_whatever_the_ports(capture: Capture) -> None:
    """FTP's data connections are opened from port 20."""
    capture.talk("10.0.0.1:20", "10.0.0.2:50000").open()
    connections = tracked(capture).connections
    assert connections.endpoint(0, 0) == Endpoint("10.0.0.1", 20) and connections.roles_known[0]


def test_a_syn_ack_tells_the_opener_too(capture: Capture) -> None:
    capture.talk("10.0.0.1:20", "10.0.0.2:50000").client("S", unseen=True).server("SA")
    connections = tracked(capture).connections
    assert connections.endpoint(0, 0).port == 20 and connections.roles_known[0]


def test_turned_sides_turn_everything(capture: Capture) -> None:
    talk = capture.talk("10.0.0.1:40000", "10.0.0.2:80")
    talk.server("PA", data=500, seq=5, ack=7).client("PA", data=10, seq=7, ack=505).server("FA", seq=505, ack=17)
    opened(capture)
    told = tracked(capture)
    connections = told.connections
    assert list(connections.swapped) == [True, False]
    assert (told.client("payload_bytes"), told.server("payload_bytes")) == (10, 500)
    assert int(connections.fins_first_side[0]) == 1 and int(connections.last_side[0]) == 1
    assert told.now()[1] == "FIN-WAIT-1|CLOSING|LAST-ACK"
    assert [entry.frame for entry in connections.timeline(0, 1)][-1] == 3
    assert told.client("payload_bytes", 1) == 100


def test_unknown_columns_are_errors(capture: Capture) -> None:
    connections = tracked(capture).connections
    with pytest.raises(AttributeError):
        _ = connections.unheard_of
    with pytest.raises(AttributeError):
        _ = connections.client.unheard_of


# --- when the capture ends ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wait", "server"), [("10ms", "LAST-ACK|CLOSED"), ("2s", "CLOSED")])
def test_silence_settles_a_last_ack(capture: Capture, wait: str, server: str) -> None:
    """A lost ACK would have shown by a repeated FIN within a retransmission timeout."""
    opened(capture).close().wait(wait)
    assert tracked(capture).now() == ("TIME-WAIT", server)


@pytest.mark.parametrize(("wait", "client"), [("50s", "TIME-WAIT"), ("61s", "TIME-WAIT|CLOSED")])
def test_time_wait_lasts_a_minute(capture: Capture, wait: str, client: str) -> None:
    """TCP_TIMEWAIT_LEN of Linux; other stacks differ, hence both."""
    opened(capture).close().wait(wait)
    assert tracked(capture).now()[0] == client


def test_who_repeated_itself_to_the_end_may_have_given_up(capture: Capture) -> None:
    talk = opened(capture).client("PA", data=10, dropped=True)
    for wait in ("300ms", "600ms", "1200ms"):
        talk.wait(wait).client(again=True)
    told = tracked(capture)
    assert told.connections.gave_up[0] and told.now()[0] == "ESTABLISHED|CLOSED"


@pytest.mark.parametrize("answers", [True, False])
def test_an_answer_ends_giving_up(capture: Capture, answers: bool) -> None:
    talk = opened(capture).client("PA", data=10, dropped=True)
    for wait in ("300ms", "600ms", "1200ms"):
        talk.wait(wait).client(again=True)
    if answers:
        talk.server("A")
    assert bool(tracked(capture).connections.gave_up[0]) is not answers


def test_an_icmp_error_ends_an_opening(capture: Capture) -> None:
    """RFC 1122 §4.2.3.9: hard errors abort the opening."""
    capture.talk().client("S").icmp("client", kind=3, code=3)
    assert tracked(capture).now()[0] == "SYN-SENT|CLOSED"


def test_a_refusal_from_another_distance_is_not_the_servers(capture: Capture) -> None:
    """The host answers others with TTL 64, the RST came with 61: a firewall sent it, and the port's state is not known."""
    capture.talk().open()
    capture.talk(server="10.0.0.2:81").client("S").server("RA", seq=0, ttl=61)
    capture.talk(server="10.0.0.2:82").client("S").server("RA", seq=0)
    told = tracked(capture)
    assert list(told.connections.answered_for) == [False, True, False]
    assert [told.now(row)[1] for row in (1, 2)] == ["LISTEN|CLOSED", "CLOSED"]


def test_an_opener_that_is_deaf(capture: Capture) -> None:
    """It repeats its SYN, the server its SYN-ACK: had the opener heard one, it would have acknowledged it."""
    talk = capture.talk().client("S").server("SA", dropped=True).wait("1s").client("S", again=True).server("SA", again=True)
    talk.wait("3s").server("SA", again=True).wait("10s")
    assert tracked(capture).now()[0] == "SYN-SENT|CLOSED"


# --- groups and helpers -----------------------------------------------------------------------------------------------------------------


def test_groups_by_endpoint_and_address(capture: Capture) -> None:
    for client, server in (
        ("10.0.0.1", "10.0.0.2:80"),
        ("10.0.0.1", "10.0.0.2:81"),
        ("10.0.0.3", "10.0.0.2:80"),
        ("10.0.0.1", "10.0.1.2:80"),
    ):
        capture.talk(client, server).client("S")
    connections = tracked(capture).connections
    for groups, expected in (
        (connections.server_group, [0, 1, 0, 2]),
        (connections.server_address_group, [0, 0, 0, 1]),
        (connections.client_address_group, [0, 0, 1, 0]),
        (connections.client_group, [0, 1, 2, 3]),
    ):
        first_seen = {int(group): place for place, group in reversed(list(enumerate(dict.fromkeys(groups.tolist()))))}
        assert [first_seen[int(group)] for group in groups] == expected


def test_which_have_ended(capture: Capture) -> None:
    opened(capture)
    opened(capture).close()
    opened(capture).client("RA")
    opened(capture).client("FA")
    connections = tracked(capture).connections
    assert list(connections.has_ended()) == [False, True, True, False]
    assert list(connections.acknowledged(0)) == [True] * 4
    assert int(connections.tail_ns[3]) == capture.now_ns - capture.rows[-1].time_ns


def test_timelines_and_paths(capture: Capture) -> None:
    opened(capture).close().wait("2s")
    opened(capture)
    connections = tracked(capture).connections
    assert connections.states(0, 0) == ["CLOSED", "SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
    assert connections.states(0, 1) == ["LISTEN", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"]
    for side in (0, 1):
        assert connections.paths(side) == [tuple(connections.states(row, side)) for row in range(2)]
        frames = [entry.frame for entry in connections.timeline(0, side)]
        assert frames == sorted(frames) and frames[0] == 1 and frames[-1] <= 8


def test_no_connections_at_all(capture: Capture) -> None:
    connections = tracked(capture).connections
    assert connections.count == 0 and len(connections.server_group) == 0 and connections.paths(0) == []


@pytest.mark.parametrize(("wait", "states"), [("1200ms", "SYN-SENT"), ("1600ms", "SYN-SENT|CLOSED")])
def test_a_syn_that_is_not_repeated_in_time_was_given_up(wait: str, states: str) -> None:
    capture = Capture()
    capture.talk().client("S").wait(wait)
    assert tracked(capture).now()[0] == states


@pytest.mark.parametrize(("wait", "states"), [("1200ms", "SYN-RECEIVED"), ("1600ms", "SYN-RECEIVED|CLOSED")])
def test_a_syn_ack_that_is_not_repeated_in_time_is_forgotten(wait: str, states: str) -> None:
    capture = Capture()
    capture.talk().client("S").server("SA").wait(wait)
    assert tracked(capture).now()[1] == states


@pytest.mark.parametrize(("wait", "states"), [("500ms", "FIN-WAIT-1|FIN-WAIT-2"), ("1100ms", "FIN-WAIT-2")])
def test_a_fin_that_is_not_repeated_in_time_was_acknowledged(wait: str, states: str) -> None:
    capture = Capture()
    capture.talk().open().client("FA").server("A").wait(wait)
    assert tracked(capture).now()[0] == states
