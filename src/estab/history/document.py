"""What the database holds as the document `estab.history/1`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from estab.history.interval import Interval

SCHEMA = "estab.history/1"


def history_to_dict(intervals: Iterable[Interval]) -> dict[str, Any]:
    """The document: every interval with its states, counters that moved, crowds, listeners and findings; times in nanoseconds."""
    return {"schema": SCHEMA, "intervals": [dataclasses.asdict(interval) for interval in intervals]}
