from __future__ import annotations

import pytest

from estab.instant import SECOND_NS
from estab.lab.conntrack import Conntrack, Entry, Stranger, TableSettings, TrackState, after, inverse, tuple_of
from estab.wire.segment import ACK, FIN, RST, SYN, Packet, Segment

OUT = ("10.0.0.1", 1000, "10.0.0.2", 80)


def packet(flags: int, *, is_reply: bool = False, length: int = 0, seq: int = 5) -> Packet:
    return Packet(*(inverse(OUT) if is_reply else OUT), Segment(seq, 0, flags, 0, b"x" * length))


def believed(steps: list[tuple[int, bool]]) -> list[TrackState]:
    table = Conntrack()
    entry = table.add(OUT, inverse(OUT), TrackState.SYN_SENT, 0)
    assert entry is not None
    states = []
    for flags, is_reply in steps:
        table.saw(entry, packet(flags, is_reply=is_reply), is_reply, 0)
        states.append(entry.state)
    return states


S = TrackState
OPENED = [(SYN, False), (SYN | ACK, True), (ACK, False)]


@pytest.mark.parametrize(
    ("steps", "states"),
    [
        (OPENED, [S.SYN_SENT, S.SYN_RECV, S.ESTABLISHED]),
        ([(SYN, False), (RST | ACK, True)], [S.SYN_SENT, S.CLOSE]),
        (
            [*OPENED, (FIN | ACK, False), (ACK, True), (FIN | ACK, True), (ACK, False)],
            [S.SYN_SENT, S.SYN_RECV, S.ESTABLISHED, S.FIN_WAIT, S.CLOSE_WAIT, S.LAST_ACK, S.TIME_WAIT],
        ),
        ([*OPENED, (FIN | ACK, True), (FIN | ACK, False)], [S.SYN_SENT, S.SYN_RECV, S.ESTABLISHED, S.FIN_WAIT, S.LAST_ACK]),
        ([(SYN, False), (ACK, True)], [S.SYN_SENT, S.SYN_SENT]),
    ],
)
def test_what_a_table_believes(steps: list[tuple[int, bool]], states: list[TrackState]) -> None:
    assert believed(steps) == states


def test_a_syn_begins_anew_only_where_the_old_connection_is_over() -> None:
    for state, then in ((S.TIME_WAIT, S.SYN_SENT), (S.CLOSE, S.SYN_SENT), (S.ESTABLISHED, S.ESTABLISHED)):
        assert after(Entry(OUT, inverse(OUT), state, fin_reply=True), SYN, False) is then


def test_entries_live_as_long_as_their_state_allows() -> None:
    table = Conntrack(TableSettings(timeouts_ns={S.ESTABLISHED: 60 * SECOND_NS}))
    entry = table.add(OUT, inverse(OUT), S.ESTABLISHED, 0)
    assert entry is not None and table.count == 1
    assert table.find(OUT, 59 * SECOND_NS) == (entry, False) and table.find(inverse(OUT), 59 * SECOND_NS) == (entry, True)
    table.saw(entry, packet(ACK), False, 59 * SECOND_NS)
    assert table.find(OUT, 118 * SECOND_NS) is not None
    assert table.find(OUT, 119 * SECOND_NS) is None
    assert (table.count, table.expired, table.find(inverse(OUT), 0)) == (0, 1, None)


def test_a_full_table_refuses_until_something_expires() -> None:
    table = Conntrack(TableSettings(entries=1))
    assert table.add(OUT, inverse(OUT), S.SYN_SENT, 0) is not None
    other = ("10.0.0.1", 1001, "10.0.0.2", 80)
    assert table.add(other, inverse(other), S.SYN_SENT, SECOND_NS) is None and table.refused == 1
    assert table.add(other, inverse(other), S.SYN_SENT, 200 * SECOND_NS) is not None
    assert [entry.original for entry in table.entries()] == [other]


def test_clearing_forgets_all() -> None:
    table = Conntrack(TableSettings.idle(stranger=Stranger.RESET))
    table.add(OUT, inverse(OUT), S.SYN_SENT, 0)
    table.clear()
    assert table.count == 0 and table.find(OUT, 0) is None


def test_numbers_for_a_rst_in_either_name() -> None:
    table = Conntrack()
    entry = table.add(OUT, inverse(OUT), S.ESTABLISHED, 0)
    assert entry is not None
    table.saw(entry, packet(ACK, length=10, seq=0xFFFFFFFF), False, 0)
    table.saw(entry, packet(FIN | ACK, is_reply=True, seq=7), True, 0)
    assert (entry.next_original, entry.next_reply, entry.packets) == (9, 8, 2)
    assert tuple_of(packet(ACK, is_reply=True)) == inverse(OUT)
