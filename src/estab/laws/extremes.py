"""The smallest (or largest) of what was measured within a sliding window of time, in three samples (lib/win_minmax.c; Nichols' filter).

The best, the best since it, and the best since that one: enough to have a good successor when the best one grows too old.
"""

from __future__ import annotations

from typing import TypeAlias

Sample: TypeAlias = tuple[int, int]
"""When, and what."""
Best: TypeAlias = tuple[Sample, Sample, Sample]


def smallest(best: Best | None, now: int, value: int, span: int) -> Best:
    """The filter after one more value; the smallest is `best[0][1]`.

    >>> filled = smallest(smallest(None, 0, 50, 100), 10, 70, 100)
    >>> filled[0][1], smallest(filled, 111, 70, 100)[0][1]
    (50, 70)
    """
    new = (now, value)
    if best is None or value <= best[0][1] or now - best[2][0] > span:
        return new, new, new
    first, second, third = best
    if value <= second[1]:
        second = third = new
    elif value <= third[1]:
        third = new
    return _aged((first, second, third), new, span)


def largest(best: Best | None, now: int, value: int, span: int) -> Best:
    """The same for the largest."""
    new = (now, value)
    if best is None or value >= best[0][1] or now - best[2][0] > span:
        return new, new, new
    first, second, third = best
    if value >= second[1]:
        second = third = new
    elif value >= third[1]:
        third = new
    return _aged((first, second, third), new, span)


def _aged(best: Best, new: Sample, span: int) -> Best:
    """Lets a successor step forward where the best has left the window, and takes new successors from its later quarters."""
    first, second, third = best
    age = new[0] - first[0]
    if age > span:
        first, second, third = second, third, new
        if new[0] - first[0] > span:
            first, second, third = second, third, new
    elif second[0] == first[0] and age > span // 4:
        second = third = new
    elif third[0] == second[0] and age > span // 2:
        third = new
    return first, second, third
