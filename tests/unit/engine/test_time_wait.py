"""TIME-WAIT entries and orphaned FIN-WAIT-2 entries, from the wire."""

from __future__ import annotations

import pytest

from estab.engine.bindings import Claim, Role
from estab.engine.time_wait import TimeWaitEntry
from estab.instant import SECOND_NS
from estab.knobs.values import KnobValues
from estab.machine.states import State
from estab.wire.segment import ACK, FIN, PSH, RST, SYN, IcmpError, IcmpKind
from tests.unit.engine.by_hand import HERE, LINUX, THERE, Wire, letters

SND_NXT, RCV_NXT = 5000, 0xFFFFFFFE


def waiting(knobs: KnobValues = LINUX, state: State = State.TIME_WAIT, *, timestamps: bool = True, life_s: int = 60) -> Wire:
    """A host with one entry, for HERE:80 and THERE:40000."""
    wire = Wire(knobs)
    entry = TimeWaitEntry(wire.stack.host, (HERE, 80, THERE, 40_000), state, Claim(HERE, reuse_address=True, role=Role.TIME_WAIT))
    entry.snd_nxt, entry.rcv_nxt, entry.rcv_wnd, entry.window_field = SND_NXT, RCV_NXT, 65_535, 512
    entry.timestamps, entry.ts_recent, entry.ts_recent_ns, entry.ts_offset = timestamps, 1000, wire.now_ns, 77
    entry.entered_ns, entry.due_ns = wire.now_ns, wire.now_ns + life_s * SECOND_NS
    entry.enter(wire.now_ns)
    return wire


def entry_of(wire: Wire) -> TimeWaitEntry | None:
    entry = wire.stack.host.table.get((HERE, 80, THERE, 40_000))
    return entry if isinstance(entry, TimeWaitEntry) else None


@pytest.mark.parametrize(("life_s", "counter"), [(60, "TW"), (5, "TW"), (4, "TWKilled"), (3, "TWKilled")])
def test_it_lasts_its_time_and_counts_by_the_length_of_its_life(life_s: int, counter: str) -> None:
    wire = waiting(life_s=life_s)
    assert wire.counted("TW", "TWKilled") == {"TW": 0, "TWKilled": 0} | {counter: 1}
    wire.wait(life_s - 0.001)
    assert entry_of(wire) is not None
    wire.wait(0.001)
    assert entry_of(wire) is None and wire.stack.host.time_waits == 0 and wire.stack.host.bindings.holders(80) == 0


@pytest.mark.parametrize(("guarded", "left"), [(0, False), (1, True)])
def test_a_reset_assassinates_it_unless_rfc_1337_guards(guarded: int, left: bool) -> None:
    wire = waiting(LINUX.but(tcp_rfc1337=guarded))
    assert wire.put(RST, RCV_NXT) == []
    assert (entry_of(wire) is not None) is left


def test_a_reset_beside_the_edge_does_nothing() -> None:
    wire = waiting()
    assert wire.put(RST, RCV_NXT + 1) == [] and entry_of(wire) is not None


def test_old_data_and_a_repeated_fin_are_acknowledged_and_begin_the_wait_anew() -> None:
    wire = waiting()
    wire.wait(50)
    (answer,) = wire.put(ACK | FIN, RCV_NXT - 1, SND_NXT, tsval=1001)
    assert letters(answer.segment.flags) == "." and (answer.segment.seq, answer.segment.ack) == (SND_NXT, RCV_NXT)
    assert answer.segment.tsval == (wire.now_ns // 1_000_000 + 77) & 0xFFFFFFFF and answer.segment.window == 512
    wire.wait(59)
    assert entry_of(wire) is not None
    (answer,) = wire.put(ACK | PSH, RCV_NXT - 4, SND_NXT, tsval=1001, payload=b"late")
    assert letters(answer.segment.flags) == "."


def test_a_bare_ack_in_order_begins_the_wait_anew_in_silence() -> None:
    wire = waiting()
    wire.wait(50)
    assert wire.put(ACK, RCV_NXT, SND_NXT, tsval=1005) == []
    wire.wait(59)
    entry = entry_of(wire)
    assert entry is not None and entry.ts_recent == 1005


def test_answers_without_text_are_limited() -> None:
    wire = waiting()
    assert len(wire.put(ACK, RCV_NXT - 1, SND_NXT, tsval=1001)) == 1
    assert wire.put(ACK, RCV_NXT - 1, SND_NXT, tsval=1001) == []
    assert wire.counted("TCPACKSkippedTimeWait") == {"TCPACKSkippedTimeWait": 1}
    wire.wait(0.5)
    assert len(wire.put(ACK, RCV_NXT - 1, SND_NXT, tsval=1001)) == 1


def test_a_newer_syn_gets_a_listener_and_a_number_beyond_the_old_connection() -> None:
    wire = waiting()
    wire.listen()
    (answer,) = wire.put(SYN, RCV_NXT + 2_597_716, tsval=1255)
    assert letters(answer.segment.flags) == "S." and answer.segment.seq == SND_NXT + 65_537
    assert entry_of(wire) is None and wire.stack.host.time_waits == 0
    states = []
    while (event := wire.stack.poll_event()) is not None:
        states.append((event.old, event.new))
    assert states[-2:] == [(State.TIME_WAIT, State.CLOSED), (State.LISTEN, State.SYN_RECEIVED)]


def test_a_newer_timestamp_lets_a_syn_with_a_lower_number_in() -> None:
    wire = waiting()
    wire.listen()
    assert [letters(packet.segment.flags) for packet in wire.put(SYN, RCV_NXT - 100_000, tsval=1001)] == ["S."]


def test_a_syn_with_an_older_timestamp_is_acknowledged_only_and_counted() -> None:
    wire = waiting()
    wire.listen()
    (answer,) = wire.put(SYN, RCV_NXT + 100_000, tsval=900)
    assert letters(answer.segment.flags) == "." and answer.segment.ack == RCV_NXT
    assert wire.counted("PAWSTimewait") == {"PAWSTimewait": 1} and entry_of(wire) is not None


def test_without_timestamps_the_number_decides() -> None:
    wire = waiting(timestamps=False)
    wire.listen()
    assert [letters(packet.segment.flags) for packet in wire.put(SYN, RCV_NXT - 100_000)] == ["."]
    assert [letters(packet.segment.flags) for packet in wire.put(SYN, RCV_NXT + 1)] == ["S."]


def test_without_a_listener_a_newer_syn_is_acknowledged_like_any_old_segment() -> None:
    wire = waiting()
    assert [letters(packet.segment.flags) for packet in wire.put(SYN, RCV_NXT + 9, tsval=2000)] == ["."]
    assert entry_of(wire) is not None


def test_an_icmp_error_means_nothing_to_it() -> None:
    wire = waiting()
    wire.stack.handle_icmp(IcmpError(IcmpKind.HOST_UNREACHABLE, "10.0.0.9", HERE, 80, THERE, 40_000, SND_NXT), wire.now_ns)
    assert entry_of(wire) is not None


# An orphan that waits for the peer's FIN


def test_the_fin_turns_it_into_time_wait_for_a_whole_minute() -> None:
    wire = waiting(state=State.FIN_WAIT_2, life_s=5)
    (answer,) = wire.put(ACK | FIN, RCV_NXT, SND_NXT, tsval=1200)
    assert letters(answer.segment.flags) == "." and answer.segment.ack == 0xFFFFFFFF
    entry = entry_of(wire)
    assert entry is not None and entry.state is State.TIME_WAIT and entry.ts_recent == 1200
    wire.wait(59.9)
    assert entry_of(wire) is not None
    assert wire.counted("TW", "TWKilled") == {"TW": 1, "TWKilled": 0}


def test_data_that_nobody_will_read_is_answered_by_a_reset() -> None:
    wire = waiting(state=State.FIN_WAIT_2)
    (answer,) = wire.put(ACK | PSH, RCV_NXT, SND_NXT, tsval=1001, payload=b"more")
    assert letters(answer.segment.flags) == "R" and answer.segment.seq == SND_NXT
    assert entry_of(wire) is None and wire.stack.counters["Tcp.OutRsts"] == 1


def test_an_orphan_ignores_acks_answers_what_is_outside_and_obeys_a_reset() -> None:
    wire = waiting(state=State.FIN_WAIT_2)
    assert wire.put(ACK, RCV_NXT, SND_NXT, tsval=1001) == []
    assert [letters(packet.segment.flags) for packet in wire.put(ACK, RCV_NXT - 9, SND_NXT, tsval=1001, payload=b"old")] == ["."]
    wire.wait(1)
    assert [letters(packet.segment.flags) for packet in wire.put(RST, RCV_NXT + 9)] == ["."]
    assert wire.put(RST, RCV_NXT) == [] and entry_of(wire) is None


def test_its_time_over_an_orphan_goes_in_silence() -> None:
    wire = waiting(state=State.FIN_WAIT_2, life_s=3)
    assert wire.wait(3) == [] and entry_of(wire) is None


# Taking its four-tuple over for an outgoing connection


@pytest.mark.parametrize(
    ("reuse", "timestamps", "age_s", "state", "allowed"),
    [
        (1, True, 1.001, State.TIME_WAIT, True),
        (1, True, 1.0, State.TIME_WAIT, False),
        (0, True, 50, State.TIME_WAIT, False),
        (2, True, 50, State.TIME_WAIT, False),
        (1, False, 50, State.TIME_WAIT, False),
        (1, True, 50, State.FIN_WAIT_2, False),
    ],
)
def test_tcp_tw_reuse_wants_timestamps_and_a_second_of_age(reuse: int, timestamps: bool, age_s: float, state: State, allowed: bool) -> None:
    wire = waiting(LINUX.but(tcp_tw_reuse=reuse), state, timestamps=timestamps)
    wire.wait(age_s)
    entry = entry_of(wire)
    assert entry is not None and entry.may_be_reused(wire.now_ns) is allowed


def test_the_default_of_tcp_tw_reuse_is_for_loopback() -> None:
    wire = Wire(LINUX)
    entry = TimeWaitEntry(wire.stack.host, ("127.0.0.1", 4, "127.0.0.1", 80), State.TIME_WAIT, Claim("127.0.0.1", role=Role.TIME_WAIT))
    entry.timestamps = True
    assert entry.may_be_reused(2 * SECOND_NS)


def test_a_number_of_zero_is_never_chosen() -> None:
    wire = waiting()
    entry = entry_of(wire)
    assert entry is not None
    entry.snd_nxt = (1 << 32) - 65_537
    assert entry.next_iss == 1
