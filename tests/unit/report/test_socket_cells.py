"""The cells of the table of sockets: what they say, how wide they are, and that equal values have one text."""

from __future__ import annotations

import numpy as np
import pytest

from estab.flow import Endpoint
from estab.machine.states import State
from estab.report.socket_cells import Ends, Texts, Timers, coarse, fitted, owner_words, short_duration, short_rtt
from estab.snapshot import Owner, SocketSnapshot, TimerKind
from estab.snapshot_table import socket_table


def test_a_text_is_made_once_and_as_wide_as_its_column() -> None:
    asked: list[int] = []

    def spell(key: int) -> str:
        asked.append(key)
        return str(key)

    texts = Texts(spell, 4, number=True)
    assert texts.of(np.array([7, 12345, 7])) == ["   7", "12…5", "   7"]
    assert asked == [7, 12345]


def test_wide_characters_count_twice() -> None:
    assert fitted("重传", 6, number=False) == "重传  " and fitted("重传", 6, number=True) == "  重传"


def test_ends_have_a_key_for_each_address_and_port() -> None:
    pairs = [("10.0.0.1", 80), ("::1", 0), ("10.0.0.1", 80), ("10.0.0.2", 80), ("10.0.0.1", 65535)]
    table = socket_table([SocketSnapshot(local=Endpoint(*pair), remote=Endpoint("10.9.9.9", 1), state=State.LISTEN) for pair in pairs])
    ends = Ends(table["local_address"], table["local_port"])
    assert [ends.spell(key) for key in ends.keys.tolist()] == ["10.0.0.1:80", "[::1]:*", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.1:65535"]
    assert len(set(ends.keys.tolist())) == 4 and ends.widest == len("10.0.0.1:65535")


def test_timers_in_words() -> None:
    made = [
        SocketSnapshot(
            local=Endpoint("10.0.0.1", 80), remote=Endpoint("10.9.9.9", 1), state=State.ESTABLISHED,
            timer=kind, timer_expires_ms=expires_ms, timer_retries=retries,
        )
        for kind, expires_ms, retries in (
            (TimerKind.NONE, 0, 0), (TimerKind.RETRANSMIT, 4_210, 3), (TimerKind.KEEPALIVE, 4_294_967_295, 0), (TimerKind.PERSIST, 15, 255),
        )
    ]  # fmt: skip
    timers = Timers({int(kind): kind.name.lower() for kind in TimerKind if kind})
    table = socket_table(made)
    said = [timers.spell(key) for key in Timers.keys(table["timer"], table["timer_expires_ms"], table["timer_retries"]).tolist()]
    assert said == ["", "retransmit 4.2s ×3", "keepalive 49d", "persist 15ms ×255"]


def test_times_rounded_down_are_said_as_before() -> None:
    edges = (0, 1_000, 10_000, 100_000, 3_600_000, 36_000_000, 172_800_000, 864_000_000)
    near = [edge + step for edge in edges for step in range(-400, 400)]
    durations = np.unique(np.maximum(np.array([*near, *range(12_000), *range(0, 200_000_000, 91_117)]), -1))
    rounded = coarse(durations)
    wrong = [one for one, other in zip(durations.tolist(), rounded.tolist(), strict=True) if short_duration(one) != short_duration(other)]
    assert wrong == [] and len(np.unique(rounded)) < 8_000


@pytest.mark.parametrize(
    ("duration_ms", "said"),
    [(-1, ""), (0, "0ms"), (999, "999ms"), (1_000, "1s"), (9_960, "9.9s"), (99_999, "99s"), (100_000, "1m"), (3_599_999, "59m"),
     (3_600_000, "1h"),
     (172_799_999, "47h"), (172_800_000, "2d"), (4_294_967_295, "49d")],
)  # fmt: skip
def test_times_are_rounded_down_because_they_are_least_ones(duration_ms: int, said: str) -> None:
    assert short_duration(duration_ms) == said and len(said) <= 5


def test_round_trip_times() -> None:
    assert (short_rtt(0), short_rtt(9), short_rtt(12_345), short_rtt(1_500_000)) == ("", "9µs", "12.3ms", "1.5s")


def test_owners_in_words() -> None:
    first, again = Owner(1, "a", 3), Owner(1, "a", 4)
    assert owner_words(()) == ""
    assert owner_words((first, again)) == "a[1]"
    assert owner_words((first, Owner(2, "a", 3))) == "a[1] +1"
