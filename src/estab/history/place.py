"""Where a recorder keeps its database unless told otherwise, and how people write moments."""

from __future__ import annotations

import datetime
import pathlib
import re
from collections.abc import Mapping

from estab.errors import MisuseError
from estab.instant import DAY_NS, SECOND_NS
from estab.text import msg

_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?")


def default_path(environment: Mapping[str, str], home: pathlib.Path, *, is_root: bool) -> pathlib.Path:
    """The file: /var/lib/estab for root, else the user's state directory (XDG Base Directory Specification)."""
    if is_root:
        return pathlib.Path("/var/lib/estab/history.db")
    state = environment.get("XDG_STATE_HOME", "")
    return (pathlib.Path(state) if state.startswith("/") else home / ".local" / "state") / "estab" / "history.db"


def parse_moment(text: str, now_ns: int) -> int:
    """Nanoseconds since the epoch of a moment in UTC: `03:12`, `03:12:04` (the last time the clock showed it), `2026-11-24 03:12`.

    Raises MisuseError for anything else.

    >>> parse_moment("00:02", 180 * SECOND_NS) == 120 * SECOND_NS
    True
    """
    clock = _CLOCK.fullmatch(text.strip())
    if clock is not None:
        hour, minute, second = (int(clock[name] or 0) for name in ("hour", "minute", "second"))
        if hour < 24 and minute < 60 and second < 60:
            today = now_ns // DAY_NS * DAY_NS + ((hour * 60 + minute) * 60 + second) * SECOND_NS
            return today if today <= now_ns else today - DAY_NS
    else:
        try:
            moment = datetime.datetime.fromisoformat(text.strip())
        except ValueError:
            pass
        else:
            aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)
            return int(aware.timestamp()) * SECOND_NS
    raise MisuseError(msg("not a moment: {text}; write for example 03:12 or 2026-11-24T03:12 (UTC)", text=repr(text)))
