"""Half-open entries, from the wire: what is answered, repeated, dropped, and what is counted."""

from __future__ import annotations

import pytest

from estab.machine.states import State
from estab.wire.segment import ACK, FIN, RST, SYN, IcmpError, IcmpKind
from tests.unit.engine.by_hand import HERE, LINUX, THERE, Wire, letters

IRS = 0xFFFFFFFF


def half_open(wire: Wire, **options: object) -> int:
    """A SYN is answered by a SYN-ACK, whose number is returned."""
    (answer,) = wire.put(SYN, IRS, **options)  # type: ignore[arg-type]
    assert letters(answer.segment.flags) == "S." and answer.segment.ack == (IRS + 1) & 0xFFFFFFFF
    return answer.segment.seq


def test_a_syn_ack_that_nobody_acknowledges_is_repeated_as_a_kernel_repeats_it() -> None:
    wire = Wire()
    wire.listen()
    half_open(wire)
    assert wire.wait(200) == [(1.0, "S."), (3.0, "S."), (7.0, "S."), (15.0, "S."), (31.0, "S.")]
    assert wire.counted("TCPTimeouts", "TCPSynRetrans", "Tcp.RetransSegs", "Tcp.PassiveOpens", "Tcp.AttemptFails") == {
        "TCPTimeouts": 6,
        "TCPSynRetrans": 5,
        "Tcp.RetransSegs": 5,
        "Tcp.PassiveOpens": 0,
        "Tcp.AttemptFails": 0,
    }


def test_the_entry_lives_for_63_seconds_and_shows_as_syn_received_with_its_timer() -> None:
    wire = Wire()
    wire.listen()
    half_open(wire)
    wire.wait(2)
    (entry,) = [one for one in wire.stack.sockets(wire.now_ns) if one.state is State.SYN_RECEIVED]
    assert (entry.timer, entry.timer_expires_ms, entry.timer_retries) == (1, 1000, 1)
    wire.wait(60.9)
    assert len(wire.stack.host.table) == 1
    wire.wait(0.2)
    assert not wire.stack.host.table


@pytest.mark.parametrize(("retries", "times"), [(0, []), (2, [1.0, 3.0])])
def test_tcp_synack_retries_bounds_the_repetitions(retries: int, times: list[float]) -> None:
    wire = Wire(LINUX.but(tcp_synack_retries=retries))
    wire.listen()
    half_open(wire)
    assert [when for when, _ in wire.wait(100)] == times


def test_a_repeated_syn_is_answered_again_but_not_twice_within_half_a_second() -> None:
    wire = Wire()
    wire.listen()
    iss = half_open(wire)
    wire.wait(0.5)
    (again,) = wire.put(SYN, IRS)
    assert letters(again.segment.flags) == "S." and again.segment.seq == iss
    assert wire.put(SYN, IRS) == []
    assert wire.counted("TCPACKSkippedSynRecv", "TCPSynRetrans") == {"TCPACKSkippedSynRecv": 1, "TCPSynRetrans": 1}
    assert wire.wait(2)[0][0] == 1.0  # the timer began anew


def test_an_ack_of_something_else_is_answered_by_a_reset_and_the_entry_stays() -> None:
    wire = Wire()
    wire.listen()
    iss = half_open(wire)
    (reset,) = wire.put(ACK, IRS + 1, iss + 2)
    assert letters(reset.segment.flags) == "R" and reset.segment.seq == (iss + 2) & 0xFFFFFFFF
    assert len(wire.stack.host.table) == 1


def test_a_reset_at_the_edge_returns_the_entry_to_listen_and_one_beside_it_is_challenged() -> None:
    wire = Wire()
    wire.listen()
    half_open(wire)
    (challenge,) = wire.put(RST, IRS + 2)
    assert letters(challenge.segment.flags) == "." and len(wire.stack.host.table) == 1
    assert wire.put(RST, IRS + 100_000) == [] and len(wire.stack.host.table) == 1
    while wire.stack.poll_event():
        pass
    assert wire.put(RST, IRS + 1) == [] and not wire.stack.host.table
    event = wire.stack.poll_event()
    assert event is not None and (event.old, event.new) == (State.SYN_RECEIVED, State.LISTEN)
    assert wire.counted("EmbryonicRsts", "Tcp.AttemptFails") == {"EmbryonicRsts": 1, "Tcp.AttemptFails": 1}


def test_a_new_syn_within_the_window_ends_the_attempt_and_the_next_one_begins_another() -> None:
    wire = Wire()
    wire.listen()
    half_open(wire)
    assert wire.put(SYN, IRS + 500) == [] and not wire.stack.host.table
    assert [letters(packet.segment.flags) for packet in wire.put(SYN, IRS + 500)] == ["S."]


def test_a_segment_outside_the_window_is_answered_by_an_ack_of_what_is_expected() -> None:
    wire = Wire()
    wire.listen()
    iss = half_open(wire)
    (answer,) = wire.put(ACK, IRS - 5000, iss + 1, payload=b"old")
    assert letters(answer.segment.flags) == "." and (answer.segment.seq, answer.segment.ack) == ((iss + 1) & 0xFFFFFFFF, 0)


def test_an_old_timestamp_is_refused() -> None:
    wire = Wire()
    wire.listen()
    iss = half_open(wire, tsval=5000)
    (answer,) = wire.put(ACK, IRS + 1, iss + 1, tsval=4000)
    assert letters(answer.segment.flags) == "." and wire.counted("PAWSEstab") == {"PAWSEstab": 1}
    assert wire.stack.counters["Tcp.PassiveOpens"] == 0


def test_a_fin_or_text_without_an_ack_is_dropped() -> None:
    wire = Wire()
    wire.listen()
    half_open(wire)
    assert wire.put(FIN, IRS + 1) == [] and wire.put(0, IRS + 1, payload=b"x") == []
    assert len(wire.stack.host.table) == 1


def test_icmp_ends_an_attempt_only_if_it_quotes_the_syn_ack() -> None:
    wire = Wire()
    wire.listen()
    iss = half_open(wire)
    for seq, left in ((iss + 7, 1), (iss, 0)):
        wire.stack.handle_icmp(IcmpError(IcmpKind.HOST_UNREACHABLE, "10.0.0.9", HERE, 80, THERE, 40_000, seq), wire.now_ns)
        assert len(wire.stack.host.table) == left
    assert wire.counted("OutOfWindowIcmps", "ListenDrops", "Icmp.InDestUnreachs") == {
        "OutOfWindowIcmps": 1,
        "ListenDrops": 1,
        "Icmp.InDestUnreachs": 2,
    }


def test_old_entries_are_given_up_sooner_when_they_fill_the_queue() -> None:
    wire = Wire(LINUX.but(tcp_syncookies=0))
    wire.listen(backlog=16)
    for number in range(17):
        wire.put(SYN, 5, port=1000 + number)
    repeated = [when for when, _ in wire.wait(200)]
    # At 7 s entries go until no more than half of the queue is left; those keep their full patience.
    assert [repeated.count(when) for when in (1.0, 3.0, 7.0, 15.0, 31.0)] == [17, 17, 8, 8, 8]
