"""The maps against enumerations that share nothing with their derivation but the rows, and against what the RFC's figures show."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Iterator

import pytest

from estab.machine import compiled
from estab.machine.states import ALL, NON_SYNCHRONIZED, SYNCHRONIZED, State, mask, members, spell
from estab.machine.stimuli import Condition, Effect, Emission, Fact, Meaning, Stimulus
from estab.machine.table import ROWS, Row

CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT = State
SENT = list(Emission)[:5]
UNKNOWABLE = [
    condition
    for condition in Condition
    if condition not in (Condition.ALWAYS, Condition.OTHERWISE, Condition.WITH_ACK)
    and any(row.condition is condition and not row.stimulus.is_internal for row in ROWS)
]


# One endpoint, played by the rules: the worlds an observer cannot tell apart are tried one by one.


def take(state: State, stimulus: Stimulus, true: frozenset[Condition]) -> Row | None:
    """The one row that is taken in a world where these conditions hold."""
    for row in ROWS:
        holds = row.condition in true or row.condition in (Condition.ALWAYS, Condition.OTHERWISE)
        if row.state is state and row.stimulus is stimulus and holds:
            return row
    return None


def arrive(state: State, meanings: Meaning, world: frozenset[Condition]) -> tuple[State, list[Emission]]:
    """Processes one segment; the state after it and the answers."""
    true = world | {Condition.WITH_ACK} if meanings & (Meaning.ACK_OF_SYN | Meaning.ACK_OF_FIN) else world
    answers: list[Emission] = []
    for name in ("RST", "SYN", "ACK_OF_SYN", "ACK_OF_FIN", "TEXT", "FIN"):
        row = take(state, Stimulus[name], true) if Meaning[name] in meanings else None
        if row is not None:
            state = row.next
            answers += [row.emits] if row.emits is not Emission.NONE else []
            if {Effect.DROP_REST, Effect.QUEUE_REST, Effect.DELETE_TCB} & set(row.effects):
                break
    return state, answers


def worlds() -> Iterator[frozenset[Condition]]:
    for count in range(len(UNKNOWABLE) + 1):
        yield from (frozenset(chosen) for chosen in itertools.combinations(UNKNOWABLE, count))


@functools.cache
def after_emission(state: State, emission: Emission, depth: int = 4, *, fresh: bool = False) -> frozenset[State]:
    """Where an endpoint can be that shows this next: at most `depth` silent steps of its own before it."""
    found = set() if fresh else {state for row in ROWS if row.state is state is row.next and row.emits is emission}
    for row in ROWS:
        if row.state is state and row.stimulus.is_internal:
            if row.emits is emission:
                found.add(row.next)
            elif row.emits is Emission.NONE and depth:
                begun = fresh or (state is CLOSED and row.next is not CLOSED)
                found |= after_emission(row.next, emission, depth - 1, fresh=begun)
    return frozenset(found)


@pytest.mark.parametrize("emission", SENT, ids=lambda emission: emission.name)
@pytest.mark.parametrize("state", State, ids=lambda state: state.label)
def test_sent_map_equals_playing_all_ways_to_send(state: State, emission: Emission) -> None:
    assert spell(int(compiled.sent_map()[emission, mask(state)])) == spell(mask(*after_emission(state, emission)))


@pytest.mark.parametrize("state", State, ids=lambda state: state.label)
def test_received_map_equals_playing_all_worlds(state: State) -> None:
    for meanings in range(64):
        ends = {arrive(state, Meaning(meanings), world)[0] for world in worlds()}
        assert spell(int(compiled.received_map()[meanings, mask(state)])) == spell(mask(*ends)), Meaning(meanings)


@pytest.mark.parametrize("derived", [compiled.sent_map, compiled.received_map])
def test_a_set_moves_as_the_union_of_its_members(derived: Callable[[], compiled.Map]) -> None:
    table = derived()
    for line in table:
        for states in range(ALL + 1):
            union = 0
            for state in members(states):
                union |= int(line[mask(state)])
            assert line[states] == union


# What is known of the past: lives are walked with the memory of a witness who writes down what happened, not what rows call it.


def lives() -> set[tuple[Row, frozenset[str]]]:
    taken: set[tuple[Row, frozenset[str]]] = set()
    waiting: list[tuple[State, frozenset[str]]] = [(CLOSED, frozenset())]
    while waiting:
        state, before = waiting.pop()
        for row in ROWS:
            if row.state is not state:
                continue
            anew = row.next is LISTEN or (state is CLOSED is not row.next) or (state is TIME_WAIT and row.next is SYN_RECEIVED)
            memory = frozenset() if anew else before
            if row.next not in (state, LISTEN):
                memory |= {row.stimulus.name} & {"SYN", "FIN", "ACK_OF_FIN"}
            if row.emits is Emission.FIN:
                memory |= {"own FIN"}
            if (row, memory) not in taken:
                taken.add((row, memory))
                waiting.append((row.next, memory))
    return taken


def remembered(facts: Fact) -> set[str]:
    words = {Fact.SYN_RECEIVED: "SYN", Fact.FIN_RECEIVED: "FIN", Fact.FIN_SENT: "own FIN", Fact.FIN_ACKED: "ACK_OF_FIN"}
    return {word for fact, word in words.items() if fact in facts}


@pytest.mark.parametrize("known", range(16), ids=lambda known: str(Fact(known)))
def test_facts_map_and_resync_map_equal_walking_all_lives(known: int) -> None:
    facts = remembered(Fact(known))
    fitting = {row for row, memory in lives() if facts <= memory}
    assert spell(int(compiled.facts_map()[known])) == spell(mask(*(row.next for row in fitting)))
    for emission in SENT:
        rows = {row.next for row, memory in lives() if row.emits is emission and facts <= memory}
        if emission in (Emission.SYN, Emission.SYN_ACK):
            fin = {"own FIN"}
            rows = {row.next for row, memory in lives() if row.emits is emission and facts <= memory and facts & fin == memory & fin}
        assert spell(int(compiled.resync_map()[emission, known])) == spell(mask(*rows)), emission


# An observer at the endpoint's side of the wire, against the endpoint.


@pytest.mark.parametrize("seed", range(40))
def test_what_is_sent_comes_from_a_state_of_the_set(seed: int) -> None:
    chance = random.Random(seed)
    state, states, seen = CLOSED, mask(CLOSED, LISTEN), 0
    for _ in range(400):
        if chance.random() < 0.5:
            world = frozenset(condition for condition in Condition if chance.random() < 0.5) - {Condition.WITH_ACK}
            meanings = Meaning(chance.randrange(64))
            state, emitted = arrive(state, meanings, world)
            states = int(compiled.received_map()[meanings, states])
        else:
            rows = [row for row in ROWS if row.state is state and row.stimulus.is_internal and row.stimulus is not Stimulus.PASSIVE_OPEN]
            row = chance.choice(rows)
            state, emitted = row.next, [row.emits] if row.emits is not Emission.NONE else []
        for emission in emitted[-1:]:  # the answers to one segment travel as one (MUST-58)
            after = int(compiled.sent_map()[emission, states])
            states = after or int(compiled.resync_map()[emission, 0])
            seen += 1
            assert states >> state & 1, f"{state.label} is not in {spell(states)}"
    assert seen > 20


# What the figures and sections of the RFC show.


def sent(emission: Emission, *states: State) -> str:
    return spell(int(compiled.sent_map()[emission, mask(*states)]))


def received(meanings: Meaning, *states: State) -> str:
    return spell(int(compiled.received_map()[meanings, mask(*states)]))


def test_three_way_handshake_of_figure_6() -> None:
    assert sent(Emission.SYN, CLOSED, LISTEN) == "SYN-SENT"
    assert received(Meaning.SYN, LISTEN) == "SYN-RECEIVED"
    assert sent(Emission.SYN_ACK, LISTEN, SYN_RECEIVED) == "SYN-RECEIVED"
    assert received(Meaning.SYN | Meaning.ACK_OF_SYN, SYN_SENT) == "ESTABLISHED"
    assert sent(Emission.ACK, SYN_SENT, ESTABLISHED) == "ESTABLISHED"
    assert received(Meaning.ACK_OF_SYN | Meaning.TEXT, SYN_RECEIVED) == "ESTABLISHED"


def test_simultaneous_open_of_figure_7() -> None:
    assert received(Meaning.SYN, SYN_SENT) == "SYN-RECEIVED"
    assert sent(Emission.SYN_ACK, SYN_SENT, SYN_RECEIVED) == "SYN-RECEIVED"
    assert received(Meaning.SYN | Meaning.ACK_OF_SYN, SYN_RECEIVED) == "ESTABLISHED"


def test_close_of_figure_12() -> None:
    assert sent(Emission.FIN, ESTABLISHED) == "FIN-WAIT-1"
    assert received(Meaning.FIN, ESTABLISHED) == "CLOSE-WAIT"
    assert received(Meaning.ACK_OF_FIN, FIN_WAIT_1) == "FIN-WAIT-2"
    assert sent(Emission.FIN, CLOSE_WAIT) == "LAST-ACK"
    assert received(Meaning.FIN | Meaning.ACK_OF_FIN, FIN_WAIT_1) == "TIME-WAIT"
    assert received(Meaning.FIN, FIN_WAIT_2) == "TIME-WAIT"
    assert received(Meaning.ACK_OF_FIN, LAST_ACK) == "CLOSED"


def test_simultaneous_close_of_figure_13() -> None:
    assert received(Meaning.FIN, FIN_WAIT_1) == "CLOSING"
    assert sent(Emission.FIN, FIN_WAIT_1, CLOSING) == "FIN-WAIT-1|CLOSING"
    assert received(Meaning.ACK_OF_FIN, CLOSING) == "TIME-WAIT"


def test_resets() -> None:
    assert received(Meaning.RST, SYN_SENT) == "CLOSED"
    assert received(Meaning.RST, SYN_RECEIVED) == "LISTEN|CLOSED"
    assert received(Meaning.RST, LISTEN) == "LISTEN"
    assert received(Meaning.RST, TIME_WAIT) == "TIME-WAIT|CLOSED"
    assert sent(Emission.RST, ESTABLISHED, FIN_WAIT_2, TIME_WAIT) == "CLOSED"
    assert sent(Emission.RST, CLOSED, LISTEN) == "LISTEN|CLOSED"
    assert sent(Emission.RST, SYN_SENT) == "SYN-SENT|CLOSED"


def test_a_syn_in_time_wait_may_or_may_not_begin_anew() -> None:
    assert received(Meaning.SYN, TIME_WAIT) == "SYN-RECEIVED|TIME-WAIT"
    assert received(Meaning.SYN | Meaning.ACK_OF_SYN, TIME_WAIT) == "TIME-WAIT"
    assert received(Meaning.SYN, ESTABLISHED) == "ESTABLISHED"


def test_the_impossible_is_the_empty_set() -> None:
    assert sent(Emission.ACK, CLOSED, LISTEN, SYN_SENT) == ""
    assert sent(Emission.FIN, FIN_WAIT_2, TIME_WAIT, LISTEN) == ""
    assert sent(Emission.SYN_ACK, LISTEN, ESTABLISHED) == ""
    assert compiled.resync_map()[Emission.SYN, Fact.FIN_SENT] == 0


def test_a_capture_that_begins_in_the_middle() -> None:
    resync = compiled.resync_map()
    assert resync[Emission.ACK, 0] == resync[Emission.ACK, Fact.SYN_RECEIVED] == SYNCHRONIZED | mask(SYN_RECEIVED)
    assert resync[Emission.SYN_ACK, 0] == mask(SYN_RECEIVED)
    assert resync[Emission.FIN, 0] == mask(FIN_WAIT_1, CLOSING, LAST_ACK)
    assert resync[Emission.FIN, Fact.FIN_RECEIVED] == mask(CLOSING, LAST_ACK)
    assert resync[Emission.ACK, Fact.FIN_RECEIVED | Fact.FIN_ACKED] == mask(TIME_WAIT)
    assert compiled.facts_map()[0] == ALL
    assert compiled.facts_map()[Fact.SYN_RECEIVED] == ALL & ~NON_SYNCHRONIZED | mask(SYN_RECEIVED)


def test_shapes_and_that_nobody_can_write() -> None:
    for derived, shape in (
        (compiled.sent_map(), (5, 2048)),
        (compiled.received_map(), (64, 2048)),
        (compiled.resync_map(), (5, 16)),
        (compiled.facts_map(), (16,)),
    ):
        assert (derived.shape, derived.dtype.name) == (shape, "uint16")
        with pytest.raises(ValueError, match="read-only"):
            derived[0] = 0


def test_graph_holds_each_change_of_state_once_with_its_rows() -> None:
    edges = compiled.graph()
    assert [(edge.state, edge.next) for edge in edges] == sorted({(row.state, row.next) for row in ROWS if row.state is not row.next})
    assert sorted(map(repr, (row for edge in edges for row in edge.rows))) == sorted(
        map(repr, (row for row in ROWS if row.state != row.next))
    )
    assert all((row.state, row.next) == (edge.state, edge.next) for edge in edges for row in edge.rows)


def test_dispatch_map_keeps_the_order_of_the_rows() -> None:
    assert [row for rows in compiled.dispatch_map().values() for row in rows] == sorted(
        ROWS, key=lambda row: (list(compiled.dispatch_map()).index((row.state, row.stimulus)), ROWS.index(row))
    )
    again = compiled.dispatch_map()[TIME_WAIT, Stimulus.SYN]
    assert [row.condition for row in again] == [Condition.WITH_ACK, Condition.NEWER_SYN, Condition.OTHERWISE]
