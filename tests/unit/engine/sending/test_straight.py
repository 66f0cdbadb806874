"""The straight path and the long way are one: whatever happens, both leave a sender in the same state and say the same."""

from __future__ import annotations

from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from estab.engine.sending import straight
from estab.engine.sending.outgoing import AckResult
from estab.engine.sending.profile import SendingProfile
from estab.engine.sending.rate import RateSample
from estab.engine.sending.variables import SendVariables, Trouble
from tests.unit.engine.sending.line import Line
from tests.unit.engine.sending.test_retransmit import entries

OBJECTS = {"congestion", "limits", "profile", "options", "pacing", "chronograph", "path", "buffer", "head", "tail", "ready", "trouble"}


def plain(thing: object) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in getattr(type(thing), "__slots__", ()) if hasattr(thing, name)}


def state(line: Line) -> dict[str, Any]:
    """Everything that a sender remembers, as plain values."""
    sender = line.sender
    found = {name: getattr(sender, name) for name in SendVariables.__slots__ if name not in OBJECTS}
    found["counters"] = dict(sender.counters)
    found["queue"] = [{**plain(entry), "next": None} for entry in entries(line)]
    found["congestion"] = {name: plain(value) if hasattr(value, "__slots__") else value for name, value in plain(sender.congestion).items()}
    watch = sender.chronograph
    found["watch"] = None if watch is None else plain(watch)
    trouble = sender.trouble or Trouble(sender.limits.reordering, sender.snd_una)
    calm = {
        name: value for name, value in plain(trouble).items() if name not in {"sack_frontier", "retransmit_hint", "sent_order", "high_seq"}
    }
    found["trouble"] = calm
    return found


def told(result: AckResult) -> dict[str, Any]:
    return plain(result)


Step = tuple[str, int, float]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 30_000), st.sampled_from([0.0, 1.0, 30.0])),
        st.tuples(st.just("ack"), st.integers(1, 12), st.sampled_from([0.0, 1.0, 20.0, 100.0])),
        st.tuples(st.just("part"), st.integers(1, 999), st.sampled_from([0.0, 20.0])),
        st.tuples(st.just("sack"), st.integers(1, 8), st.sampled_from([1.0, 20.0])),
        st.tuples(st.just("window"), st.integers(0, 50_000), st.sampled_from([0.0, 5.0])),
        st.tuples(st.just("wait"), st.integers(1, 400), st.just(0.0)),
    ),
    max_size=40,
)


def run(script: list[Step], monkeypatch: pytest.MonkeyPatch, line: Line, *, long_way: bool) -> list[Any]:
    seen: list[Any] = []
    with monkeypatch.context() as patch:
        if long_way:
            patch.setattr(straight, "take", lambda *_: None)
        for kind, amount, after in script:
            sender = line.sender
            if kind == "write":
                seen.append(line.write(amount, after=after))
            elif kind == "wait":
                seen.append(line.wait(amount))
            elif kind == "window":
                seen.append(line.ack(sender.snd_una, after=after, window=amount))
            else:
                number = min(sender.snd_una + amount * (1 if kind == "part" else 1_000), sender.snd_nxt)
                block = (number + 1_000, sender.snd_nxt)
                if kind == "sack" and block[0] < block[1]:
                    seen.append(line.ack(sender.snd_una, block, after=after))
                else:
                    seen.append(line.ack(number, after=after, data=amount % 2))
                seen.append(told(line.result))
            seen.append(state(line))
    return seen


PROFILES = [SendingProfile(), SendingProfile(gso_max_bytes=65_536), SendingProfile(pacing=True)]


@hypothesis.given(steps, st.sampled_from(["reno", "cubic"]), st.sampled_from(PROFILES), st.sampled_from([40_960, 200_000]))
@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_both_ways_lead_to_the_same_place(
    monkeypatch: pytest.MonkeyPatch, script: list[Step], congestion: str, profile: SendingProfile, window: int
) -> None:
    both = [
        run(script, monkeypatch, Line(congestion=congestion, profile=profile, window=window), long_way=long_way)
        for long_way in (False, True)
    ]
    assert both[0] == both[1]


def test_the_straight_path_is_taken_where_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[AckResult | None] = []
    real = straight.take

    def noted(*given: Any) -> AckResult | None:
        taken.append(real(*given))
        return taken[-1]

    monkeypatch.setattr(straight, "take", noted)
    line = Line()
    line.write(30_000)
    for number in range(2_001, 30_001, 2_000):
        line.ack(number, after=10)
    line.ack(30_001, after=10)
    assert None not in taken and len(taken) == 15
    line.ack(30_001)
    assert taken[-1] is None


def test_a_sample_is_made_only_on_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = RateSample.__init__

    def noted(sample: RateSample, flight: int) -> None:
        made.append(flight)
        real(sample, flight)

    monkeypatch.setattr(RateSample, "__init__", noted)
    line = Line()
    line.write(2_000)
    line.ack(1_001, after=10)
    assert not made
    line.ack(1_001, after=10)
    assert made
