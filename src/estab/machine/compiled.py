"""Derived from the rows: integer tables by which an observer advances sets of possible states, one lookup a step.

Nothing here names a state beyond CLOSED, where every life begins; change the table and the maps follow.  A map is read-only,
and its values and second indices are sets of states (see `states`).

How an observer uses them, once for each endpoint:

* The endpoint was seen to send: `after = sent_map()[emission, before]`.
* A segment has certainly reached it: `after = received_map()[meanings, before]`; if it may be lost or still be on its way, the
  set is `before | after`.
* `after == 0`: the observer has missed something; it starts again from `resync_map()[emission, facts]`.
* What is known for certain narrows any set: `after & facts_map()[facts]`.

Silent steps (timeouts, calls that send nothing) are not added to a set when they become possible, or every set would soon hold
CLOSED; they are taken when something is seen that needs them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from estab.machine.states import ALL, State, mask
from estab.machine.stimuli import Condition, Effect, Emission, Fact, Meaning, Stimulus
from estab.machine.table import ROWS, STANDING_EMISSIONS, Row

if TYPE_CHECKING:
    import numpy.typing as npt

    Map: TypeAlias = npt.NDArray[np.uint16]

EMISSIONS = tuple(Emission)[: Emission.NONE]
SETS = ALL + 1


# Plain integers from here on: arithmetic of flags is slow, and these tables are built while someone waits for a small capture.
_STEPS = (
    (int(Meaning.RST), Stimulus.RST),
    (int(Meaning.SYN), Stimulus.SYN),
    (int(Meaning.ACK_OF_SYN), Stimulus.ACK_OF_SYN),
    (int(Meaning.ACK_OF_FIN), Stimulus.ACK_OF_FIN),
    (int(Meaning.TEXT), Stimulus.TEXT),
    (int(Meaning.FIN), Stimulus.FIN),
)
"""The RFC's order of the steps (§3.10.7.4); where ACK comes before SYN (LISTEN, SYN-SENT) the rows say so by WITH_ACK."""

_ANY_ACK = int(Meaning.ACK_OF_SYN | Meaning.ACK_OF_FIN)

_PROOFS = {
    Effect.RECORD_PEER_SYN: int(Fact.SYN_RECEIVED),
    Effect.ADVANCE_OVER_FIN: int(Fact.FIN_RECEIVED),
    Effect.RECORD_FIN_ACKED: int(Fact.FIN_ACKED),
}
_FIN_SENT = int(Fact.FIN_SENT)
_BEGINNINGS = frozenset({Effect.CREATE_TCB, Effect.FORGET_PEER})


@functools.cache
def dispatch_map() -> dict[tuple[State, Stimulus], tuple[Row, ...]]:
    """The rows of each (state, stimulus), in the order in which their conditions are asked."""
    rows: dict[tuple[State, Stimulus], tuple[Row, ...]] = {}
    for row in ROWS:
        rows[row.state, row.stimulus] = (*rows.get((row.state, row.stimulus), ()), row)
    return rows


@functools.cache
def sent_map() -> Map:
    """uint16[5, 2048]: `[emission, set before] -> set after` an endpoint was seen to send this kind of segment.

    For each state of the set: where a row of an internal stimulus that emits this kind leads, silent internal rows before it allowed
    (LISTEN, SEND: a SYN, now SYN-SENT); and the state itself where it may emit this without being left.  What answers a segment
    needs no row here: the set was widened by `received_map` when the segment passed, and the state after it repeats the answer.

    A RST says little about the state of its sender.  It is the end of a connection (ABORT), the answer of one that is gone (CLOSED, also
    of a connection that ended silently), or of LISTEN, SYN-SENT and SYN-RECEIVED to an unacceptable ACK, and these stay.  The
    last kind never has ACK set (RFC 9293 §3.5.2): after a RST,ACK the set may be cut down to CLOSED.  A host that answers for a connection
    it has forgotten counts as CLOSED even where a listener gives the answer; that listener is another TCB.
    """
    singles = np.zeros((len(EMISSIONS), len(State)), np.uint16)
    for state in State:
        for reached, same_life in _silently(state):
            for emission in STANDING_EMISSIONS[reached] if same_life else ():
                singles[emission, state] |= mask(reached)
            for row in _internal_rows(reached):
                if row.emits is not Emission.NONE:
                    singles[row.emits, state] |= mask(row.next)
    return _over_sets(singles)


def _internal_rows(state: State) -> Iterator[Row]:
    for stimulus in Stimulus:
        if stimulus.is_internal:
            yield from dispatch_map().get((state, stimulus), ())


def _silently(start: State) -> set[tuple[State, bool]]:
    """What a state can turn into without a segment sent or received, itself included; False where another TCB has begun on the way."""
    reached = {(start, True)}
    waiting = [(start, True)]
    while waiting:
        state, same_life = waiting.pop()
        for row in _internal_rows(state):
            step = (row.next, same_life and Effect.CREATE_TCB not in row.effects)
            if row.emits is Emission.NONE and step not in reached:
                reached.add(step)
                waiting.append(step)
    return reached


@functools.cache
def received_map() -> Map:
    """uint16[64, 2048]: `[meanings, set before] -> set after` an endpoint has certainly processed an acceptable segment.

    `meanings` are bits of `Meaning`; without any the set stays.  SYN means one that is new to the endpoint.  Conditions that an observer
    cannot know give the union of their outcomes; a state that ignores a meaning stays.
    """
    singles = np.zeros((2 * int(max(Meaning)), len(State)), np.uint16)
    for meanings in range(len(singles)):
        stimuli = [stimulus for meaning, stimulus in _STEPS if meanings & meaning]
        with_ack = meanings & _ANY_ACK != 0
        for state in State:
            singles[meanings, state] = mask(*_processed(state, stimuli, with_ack=with_ack))
    return _over_sets(singles)


def _processed(start: State, stimuli: list[Stimulus], *, with_ack: bool) -> set[State]:
    """Where the steps of one segment can lead from one state."""
    going = {start}
    stopped: set[State] = set()
    for stimulus in stimuli:
        after: set[State] = set()
        for state in going:
            possible = _possible_rows(state, stimulus, with_ack=with_ack)
            after.update(row.next for row in possible if not row.stops)
            stopped.update(row.next for row in possible if row.stops)
            if not possible:
                after.add(state)
        going = after
    return going | stopped


def _possible_rows(state: State, stimulus: Stimulus, *, with_ack: bool) -> list[Row]:
    """The rows that may be the one taken, as far as an observer knows: it sees whether there is an ACK, and nothing else."""
    possible: list[Row] = []
    for row in dispatch_map().get((state, stimulus), ()):
        if row.condition is Condition.WITH_ACK:
            if with_ack:
                return [*possible, row]
        else:
            possible.append(row)
    return possible


@functools.cache
def resync_map() -> Map:
    """uint16[5, 16]: `[emission, facts] -> states` of an endpoint that has just sent this, of which only these facts are known.

    `facts` are bits of `Fact`, what the segment itself shows included.  0: no life of one connection shows all this, so the facts belong
    to two.  An unset bit means unknown, as everywhere, with one exception: a SYN or SYN,ACK is the first that an endpoint says, so
    that a FIN not known to be sent is taken as not sent (otherwise each capture that begins with a SYN,ACK would offer FIN-WAIT-1,
    which may repeat it after a CLOSE in SYN-RECEIVED).
    """
    states = np.zeros((len(EMISSIONS), 16), np.uint16)
    for row, facts in _lives():
        if row.emits is not Emission.NONE:
            for known in _subsets(facts):
                if row.emits > Emission.SYN_ACK or not (facts ^ known) & _FIN_SENT:
                    states[row.emits, known] |= mask(row.next)
    return _frozen(states)


@functools.cache
def facts_map() -> Map:
    """uint16[16]: the states in which an endpoint can be of which these facts (bits of `Fact`) are known; a filter for any set.

    An unset bit means unknown: a FIN may have been missed.  CLOSED is in every one of these sets, because its last life is
    remembered until the next begins.
    """
    states = np.zeros(16, np.uint16)
    for row, facts in _lives():
        for known in _subsets(facts):
            states[known] |= mask(row.next)
    return _frozen(states)


@functools.cache
def _lives() -> tuple[tuple[Row, int], ...]:
    """Every row that some life of an endpoint takes, with what is true after it: a walk of state times facts from CLOSED."""
    taken: list[tuple[Row, int]] = []
    waiting = [(State.CLOSED, 0)]
    seen = set(waiting)
    while waiting:
        state, before = waiting.pop()
        for stimulus in Stimulus:
            for row in dispatch_map().get((state, stimulus), ()):
                after = _facts_after(row, before)
                taken.append((row, after))
                if (row.next, after) not in seen:
                    seen.add((row.next, after))
                    waiting.append((row.next, after))
    return tuple(taken)


def _facts_after(row: Row, before: int) -> int:
    facts = before if _BEGINNINGS.isdisjoint(row.effects) else 0
    for effect in row.effects:
        facts |= _PROOFS.get(effect, 0)
    return facts | _FIN_SENT if row.emits is Emission.FIN else facts


def _subsets(facts: int) -> list[int]:
    return [known for known in range(16) if known & ~facts == 0]


def _over_sets(singles: Map) -> Map:
    """A map of single states `[…, 11]` becomes a map of sets `[…, 2048]`: the union over the members."""
    sets = np.zeros((len(singles), SETS), np.uint16)
    for state in State:
        bit = 1 << state
        sets[:, bit : 2 * bit] = sets[:, :bit] | singles[:, state, np.newaxis]
    return _frozen(sets)


def _frozen(values: Map) -> Map:
    values.flags.writeable = False
    return values


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow of a state diagram, with all rows that go this way."""

    state: State
    next: State
    rows: tuple[Row, ...]


@functools.cache
def graph() -> tuple[Edge, ...]:
    """Every change of state, in the order of the states."""
    edges: dict[tuple[State, State], list[Row]] = {}
    for row in ROWS:
        if row.state is not row.next:
            edges.setdefault((row.state, row.next), []).append(row)
    return tuple(Edge(state, after, tuple(rows)) for (state, after), rows in sorted(edges.items()))
