"""Soundness: whatever two honest endpoints do, the state that each is in stands in the tracker's set for it.

Random schedules of calls, losses, delays, reordering and copies run over a channel with a tap in its middle; the tracker sees what the tap
sees.  A schedule is a list of small numbers, so that a failing one can be shortened and its transcript read.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from estab.lives import Life
from estab.machine.states import State, spell
from estab.track import Tracker
from estab.wire.columns import KIND_TCP, NO_IP_ID, PACKET
from estab.wire.flowhash import endpoint_hash, pair_hash
from tests.property.endpoints import ACK, RST, Honest, Segment

WORDS = ((0, 0, 0xFFFF, 0x0A000001), (0, 0, 0xFFFF, 0x0A000002))
PORTS = (40_000, 80)
HASH = pair_hash(endpoint_hash(*WORDS[0], PORTS[0]), endpoint_hash(*WORDS[1], PORTS[1]))
BIT = {state.label: 1 << state for state in State}
OPEN = 64
Step = tuple[int, int]


class Unsound(AssertionError):
    """An endpoint's state is missing in its set."""


@dataclass
class World:
    """Two endpoints, a channel in each direction, a tap that sees each segment as it leaves (or after a delay: see `lag`)."""

    numbered: bool = True
    lag: bool = False
    both_open: bool = False
    unseen_side: int = -1
    """Whose packets do not pass the tap; -1: all do."""
    now_ns: int = 1_700_000_000_000_000_000
    transcript: list[str] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ends = [Honest(0xFFFF_FF00, lambda segment: self.leave(0, segment)), Honest(5_000_000, lambda segment: self.leave(1, segment))]
        self.ends[1].state = "LISTEN"
        self.before_tap: list[list[Segment]] = [[], []]
        self.after_tap: list[list[Segment]] = [[], []]
        self.tracker = Tracker()
        self.ids = [1, 1]

    def leave(self, side: int, segment: Segment) -> None:
        self.ends[side].went_silently = False if segment.flags else self.ends[side].went_silently
        self.before_tap[side].append(segment)
        if not self.lag:
            self.pass_tap(side)

    def pass_tap(self, side: int) -> None:
        """A segment goes by the tap and on to its receiver."""
        segment = self.before_tap[side].pop(0)
        self.after_tap[side].append(segment)
        if side == self.unseen_side:
            self.say(f"   unseen: {segment.flags:02x} seq {segment.seq - self.ends[side].iss}; {self.ends[0].state} {self.ends[1].state}")
            return
        row = self.row(side, segment)
        self.rows.append(row)
        self.tracker.feed([row], 1, Life.INTERPRETED)
        self.now_ns += 1_000
        shown = f"{'> ' if side == 0 else ' <'} {segment.flags:02x} seq {segment.seq - self.ends[side].iss} len {segment.payload}"
        shown += f" ack {segment.ack - self.ends[1 - side].iss}" if segment.flags & ACK else ""
        self.say(f"{shown:40} is {self.ends[0].state} {self.ends[1].state}")
        for who, states in ((side, row.states_sender), (1 - side, row.states_receiver)):
            self.expect(who, int(states), "sender" if who == side else "receiver")

    def expect(self, who: int, states: int, role: str) -> None:
        """The endpoint's true state is one of `states`, unless it changed in silence or what it said is still before the tap."""
        end = self.ends[who]
        if end.went_silently or self.before_tap[who] or not end.snd_nxt:
            return
        if self.unseen_side >= 0 and role != "sender":
            return  # what it heard or said did not pass the tap; its next word must fit
        if not states & BIT[end.state]:
            raise Unsound(f"end {who} ({role}) is in {end.state}, the tracker says {spell(states)}")

    def say(self, line: str) -> None:
        self.transcript.append(line)

    def row(self, side: int, segment: Segment) -> Any:
        row = Life.INTERPRETED.rows(PACKET, 1)[0]
        row.time_ns, row.frame, row.hash, row.kind = self.now_ns, len(self.rows) + 1, HASH, KIND_TCP
        row.src0, row.src1, row.src2, row.src3 = WORDS[side]
        row.dst0, row.dst1, row.dst2, row.dst3 = WORDS[1 - side]
        row.sport, row.dport = PORTS[side], PORTS[1 - side]
        row.seq, row.ack, row.payload, row.flags = segment.seq & 0xFFFFFFFF, segment.ack & 0xFFFFFFFF, segment.payload, segment.flags
        row.window = 0 if segment.flags & RST else 65_535
        row.ttl, row.ip_id = 64, self.ids[side] if self.numbered else NO_IP_ID
        self.ids[side] += 1
        return row

    def run(self, schedule: list[Step]) -> None:
        for what, arg in schedule:
            self.now_ns += (arg % 7) * 150_000
            self.step(what, arg)
        for side in (0, 1):
            while self.before_tap[side]:
                self.pass_tap(side)
        if self.tracker.count:
            found = self.tracker.finish()
            latest = found.count - 1
            for side in (0, 1):
                who = PORTS.index(found.endpoint(latest, side).port)
                self.expect(who, int(found.states_now(side)[latest]), "states_now")

    def step(self, what: int, arg: int) -> None:
        side = arg & 1
        end, rest = self.ends[side], arg >> 1
        if what < 45:
            self.deliver(side, rest)
        elif what < 55:
            if self.after_tap[side]:
                lost = self.after_tap[side].pop(rest % len(self.after_tap[side]))
                self.say(f"   lost: {lost.flags:02x} seq {lost.seq - end.iss}")
        elif what < 60:
            end.timeout(joined=bool(rest & 1))
        elif what < 62:
            end.probe_tail()
        elif what < 64:
            end.keepalive()
        elif what < 72:
            self.ends[0].open()
            if self.both_open and rest & 1:
                self.ends[1].open()
        elif what < 82:
            end.send(1 + rest % 1460)
        elif what < 90:
            end.close(payload=rest % 3 and rest % 500, reads=bool(rest & 4))
        elif what < 91:
            end.abort()
        elif what < 94:
            end.delays_acks = not end.delays_acks
        elif what < 96:
            end.pay_ack()
        elif self.before_tap[side]:
            self.pass_tap(side)
        elif self.after_tap[side] and rest % 4 == 0:
            self.after_tap[side].append(self.after_tap[side][rest % len(self.after_tap[side])])

    def deliver(self, side: int, rest: int) -> None:
        """A segment arrives: mostly the oldest."""
        if self.lag and self.before_tap[side] and rest & 1:
            self.pass_tap(side)
        waiting = self.after_tap[side]
        if waiting:
            segment = waiting.pop(rest // 8 % len(waiting) if rest % 8 == 0 else 0)
            receiver = self.ends[1 - side]
            before = receiver.state
            receiver.arrive(segment)
            self.say(f"   arrives at {1 - side}: {segment.flags:02x} seq {segment.seq - self.ends[side].iss}; {before} -> {receiver.state}")


@dataclass(frozen=True)
class Setting:
    """In which world schedules run."""

    numbered: bool
    lag: bool
    both_open: bool
    unseen_side: int = -1

    def violation(self, schedule: list[Step]) -> tuple[str, list[str]] | None:
        """What is unsound in a schedule, with the transcript."""
        world = World(self.numbered, self.lag, self.both_open, self.unseen_side)
        try:
            world.run(schedule)
        except Unsound as unsound:
            return str(unsound), world.transcript
        return None

    def shortened(self, schedule: list[Step]) -> list[Step]:
        """A schedule that still fails, from which no step can be left out."""
        for place in range(len(schedule) - 1, -1, -1):
            shorter = schedule[:place] + schedule[place + 1 :]
            if self.violation(shorter):
                schedule = shorter
        return schedule


def schedules(seed: int, count: int) -> list[list[Step]]:
    """Random schedules that begin with an open."""
    chance = random.Random(seed)
    drawn = [[(chance.randrange(100), chance.randrange(1 << 16)) for _ in range(chance.randrange(8, 70))] for _ in range(count)]
    return [[(OPEN, chance.randrange(1 << 16)), *steps] for steps in drawn]


@pytest.mark.parametrize("numbered", [True, False], ids=["numbered", "unnumbered"])
@pytest.mark.parametrize("both_open", [False, True], ids=["one opens", "both open"])
@pytest.mark.parametrize("lag", [False, True], ids=["no lag", "lag"])
def test_the_true_state_is_in_the_set(numbered: bool, both_open: bool, lag: bool) -> None:
    fail_on_the_first(Setting(numbered, lag, both_open), schedules(1, 300))


@pytest.mark.parametrize("unseen_side", [0, 1], ids=["server only", "client only"])
def test_the_true_state_is_in_the_set_of_a_capture_of_one_direction(unseen_side: int) -> None:
    fail_on_the_first(Setting(numbered=True, lag=False, both_open=False, unseen_side=unseen_side), schedules(2, 300))


def fail_on_the_first(setting: Setting, drawn: list[list[Step]]) -> None:
    """Fails with the transcript of the first unsound schedule, shortened."""
    for schedule in drawn:
        if setting.violation(schedule):
            problem, transcript = setting.violation(setting.shortened(schedule)) or ("", [])
            pytest.fail("\n".join([problem, *transcript]))


def test_schedules_go_everywhere() -> None:
    """The model reaches all states, or the test above would say less than it seems to."""
    reached: set[str] = set()
    for schedule in schedules(1, 100):
        world = World(numbered=True, lag=False, both_open=False)
        world.run(schedule)
        reached |= {end.state for end in world.ends}
    assert reached == {state.label for state in State}
