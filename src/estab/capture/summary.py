"""What reading captures came across besides packets."""

from __future__ import annotations

from dataclasses import dataclass, field

from estab.text import Text
from estab.wire.columns import Skipped

MOST_LINES = 20
"""Lines of damage, and of notes, that are kept; a file full of damage is not told line by line."""


@dataclass
class CaptureSummary:
    """Grows while captures are read; complete when the reader is exhausted.

    Times are nanoseconds since the epoch, 0 where the files hold none.
    """

    files: list[str] = field(default_factory=list)
    size_bytes: int = 0
    """Of the files as they are stored; of a pipe what came through."""
    packets: int = 0
    """Records seen, of whatever protocol."""
    tcp_packets: int = 0
    first_ns: int = 0
    last_ns: int = 0
    """Earliest and latest time of all records."""
    skipped: dict[Skipped, int] = field(default_factory=dict)
    damage: list[Text] = field(default_factory=list)
    """File, what is wrong with it, and where."""
    cut_packets: int = 0
    """Records whose TCP header or options the snap length cut."""
    snap_length: int = 0
    """The largest snap length that a file states, 0 for none."""
    reassembled: int = 0
    """Datagrams put together from fragments."""
    notes: list[Text] = field(default_factory=list)
    """What is odd without being damage: a clock that stepped, times that are missing."""
    finished: bool = False
    """True when all files were read to their end."""

    def add_damage(self, line: Text) -> None:
        """Keeps a line of damage unless there are too many."""
        if len(self.damage) < MOST_LINES:
            self.damage.append(line)

    def add_note(self, line: Text) -> None:
        """Keeps a note unless there are too many."""
        if len(self.notes) < MOST_LINES:
            self.notes.append(line)
