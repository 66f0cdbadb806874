"""Ranges of one side's bytes that have not passed the capture point although later ones have."""

from __future__ import annotations

from typing import Any

from estab.lives import kernel

HOLES_MAX = 4
"""Open ranges remembered for one side; of more, the two oldest are taken for one (what passed between them is taken for open)."""


@kernel
def open_hole(me: Any, left: int, right: int, now_ns: int) -> None:
    """Notes that [left, right) was passed over."""
    if me.holes == HOLES_MAX:
        merge_oldest(me)
    place = me.holes
    me.hole_left[place] = left
    me.hole_right[place] = right
    me.hole_ns[place] = now_ns
    me.holes = place + 1


@kernel
def merge_oldest(me: Any) -> None:
    """Makes one range of the two that were passed over first."""
    if me.hole_left[1] < me.hole_left[0]:
        me.hole_left[0] = me.hole_left[1]
    if me.hole_right[1] > me.hole_right[0]:
        me.hole_right[0] = me.hole_right[1]
    if me.hole_ns[1] > me.hole_ns[0]:
        me.hole_ns[0] = me.hole_ns[1]
    drop(me, 1)


@kernel
def drop(me: Any, place: int) -> None:
    """Forgets one range; the later ones move down."""
    for other in range(place, me.holes - 1):
        me.hole_left[other] = me.hole_left[other + 1]
        me.hole_right[other] = me.hole_right[other + 1]
        me.hole_ns[other] = me.hole_ns[other + 1]
    me.holes = me.holes - 1


@kernel
def hole_at(me: Any, left: int, right: int) -> int:
    """The place of a range that overlaps [left, right), or -1."""
    for place in range(me.holes):
        if me.hole_left[place] < right and left < me.hole_right[place]:
            return place
    return -1


@kernel
def fill(me: Any, left: int, right: int) -> None:
    """[left, right) has passed: shortens, splits or removes the ranges that it touches."""
    place = 0
    while place < me.holes:
        hole_left, hole_right = me.hole_left[place], me.hole_right[place]
        if right <= hole_left or hole_right <= left:
            place += 1
        elif left <= hole_left and hole_right <= right:
            drop(me, place)
        elif left <= hole_left:
            me.hole_left[place] = right
            place += 1
        else:
            me.hole_right[place] = left
            if right < hole_right:
                open_hole(me, right, hole_right, me.hole_ns[place])
            place += 1


@kernel
def forget_below(me: Any, position: int) -> int:
    """The other side has acknowledged everything below `position`: removes such ranges; returns the bytes that were never seen here."""
    unseen = 0
    place = 0
    while place < me.holes:
        if me.hole_right[place] <= position:
            unseen += me.hole_right[place] - me.hole_left[place]
            drop(me, place)
        else:
            if me.hole_left[place] < position:
                unseen += position - me.hole_left[place]
                me.hole_left[place] = position
            place += 1
    return unseen
