"""From sets of possible states over time to the path that one endpoint took.

A set is narrowed by what came later: `{LISTEN, SYN-RECEIVED}` after a SYN went by is told apart by the SYN-ACK that follows.  What the
wire never settled stays a set.  A single state that the machine cannot reach from the one before in one step is joined
by the states in between, where there is only one way.
"""

from __future__ import annotations

import functools

from estab.machine.compiled import graph
from estab.machine.states import State, members, spell

_CLOSING, _FIN_WAIT_2 = State.CLOSING, State.FIN_WAIT_2


@functools.cache
def steps() -> dict[int, int]:
    """For each state the set of states that one row of the machine leads to (itself excluded)."""
    reach = {int(state): 0 for state in State}
    for edge in graph():
        if edge.state is not edge.next:
            reach[int(edge.state)] |= 1 << int(edge.next)
    return reach


def narrate(sets: list[int], *, crossing: bool) -> list[str]:
    """The path through a list of sets (in time order), spelled; `crossing`: the FINs of both sides crossed on the way."""
    if crossing:  # then both ends pass CLOSING: each FIN came before the ACK of the other
        sets = [states & ~(1 << int(_FIN_WAIT_2)) or states for states in sets]
    kept = resolve(sets)
    spelled: list[str] = []
    for place, states in enumerate(kept):
        if place and single(kept[place - 1]) and single(states):
            spelled += [State(between).label for between in bridge(kept[place - 1], states, crossing=crossing)]
        if not spelled or spelled[-1] != spell(states):
            spelled.append(spell(states))
    return spelled


def single(states: int) -> bool:
    """Whether a set holds one state only."""
    return states != 0 and states & (states - 1) == 0


def resolve(sets: list[int]) -> list[int]:
    """Drops sets that only say "before or after" (the next one settles them), then narrows what is left by what came next."""
    kept: list[int] = []
    for place, states in enumerate(sets):
        following = sets[place + 1] if place + 1 < len(sets) else 0
        between = kept and states & following and states & ~(kept[-1] | following) == 0
        settled = following & states == following or between
        if kept and following and not single(states) and settled:
            continue
        kept.append(states)
    for place in range(len(kept) - 2, -1, -1):
        if not single(kept[place]):
            kept[place] = kept[place] & kept[place + 1] or _sources(kept[place], kept[place + 1]) or kept[place]
    if len(kept) > 1 and not single(kept[-1]) and kept[-1] & kept[-2] == kept[-2]:
        del kept[-2]  # what stood last may have changed unseen: one element for both
    return [states for place, states in enumerate(kept) if not place or states != kept[place - 1]]


def _sources(states: int, following: int) -> int:
    """Of a set, the states from which one step leads into the next set."""
    return sum(1 << int(state) for state in members(states) if steps()[int(state)] & following)


def bridge(before: int, after: int, *, crossing: bool) -> list[int]:
    """The states that must lie between two single states; empty where one step joins them or several ways do."""
    source, target = before.bit_length() - 1, after.bit_length() - 1
    reach = steps()
    if source == State.FIN_WAIT_1 and target == State.TIME_WAIT:
        return [int(_CLOSING if crossing else _FIN_WAIT_2)]
    if source == State.SYN_RECEIVED and target == State.CLOSE_WAIT:
        return [int(State.ESTABLISHED)]  # a segment's ACK is taken before its FIN (RFC 9293 §3.10.7.4)
    if reach[source] >> target & 1:
        return []
    one_step = [state for state in State if reach[source] >> int(state) & 1 and state is not State.CLOSED]
    ways = [int(state) for state in one_step if reach[int(state)] >> target & 1]
    return ways if len(ways) == 1 else []
