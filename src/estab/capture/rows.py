"""The rows of one capture file, in the order of the file."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np

from estab.capture.defragment import Defragmenter, Whole
from estab.capture.source import Source, open_source, said_name
from estab.capture.stop import StopSign
from estab.capture.summary import CaptureSummary
from estab.errors import InputError
from estab.lives import Life
from estab.text import Text, msg
from estab.wire.dissect import dissect_records
from estab.wire.formats.erf import ErfWalker
from estab.wire.formats.pcap import PcapWalker
from estab.wire.formats.pcapng import PcapngWalker
from estab.wire.formats.snoop import SnoopWalker
from estab.wire.formats.walker import STOP_BLOCK, STOP_DAMAGE, STOP_FULL, Walker, carried
from estab.wire.link import LINKTYPE_RAW
from estab.wire.records import FRAGMENT, NO_TIME_YET, PROGRESS, RECORD, SKIPPED

FORMATS: tuple[type[Any], ...] = (PcapWalker, PcapngWalker, SnoopWalker, ErfWalker)
BATCH_RECORDS = {Life.INTERPRETED: 256, Life.COMPILED: 8192}
"""Records between finding and dissecting: few enough for the processor's cache."""
HEAD_BYTES = 4096
MOST_NESTED_DATAGRAMS = 4
"""A datagram in fragments may carry another one, but not for ever."""
MOST_GAPS = 1000
"""Damages after which a file is given up."""


class FileRows:
    """Reads one file: finds records, dissects them, puts fragments together, keeps count."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.walker = recognise(source)
        self.life = Life.INTERPRETED
        self.progress = self.life.row(PROGRESS)
        self.progress.first_ns = NO_TIME_YET
        self._skipped: Any = [0] * len(SKIPPED)
        self._batch = 0  # records found; those before progress.position are dissected
        self._records: Any = self.life.rows(RECORD, BATCH_RECORDS[self.life])
        self._data: Any = source.data
        self.ended = False
        """True when there is nothing more to be had."""
        self._gaps = 0
        self._damage: list[Text] = []
        self._fragments = Defragmenter()
        self._reassembled = 0

    def first_ns(self) -> int:
        """Time of the first record, 0 where there is none."""
        if not self._batch:
            self._batch = self._find_records(wait=True)
        return int(self._records[0].time_ns) if self._batch else 0

    def live(self, life: Life) -> None:
        """Goes on in another life; only between two calls of `fill`."""
        if life is self.life:
            return
        compiled = life is Life.COMPILED
        self.walker.live(life)
        left = [carried(record, RECORD, life) for record in self._as_objects()[int(self.progress.position) : self._batch]]
        self.life = life
        self.progress = carried(self.progress, PROGRESS, life)
        self._skipped = np.array(self._skipped, np.int64) if compiled else [int(number) for number in self._skipped]
        self._records = life.rows(RECORD, BATCH_RECORDS[Life.COMPILED])
        for index, record in enumerate(left):
            self._records[index] = record
        self._batch, self.progress.position = len(left), 0
        self._look()

    def fill(self, rows: Any, capacity: int) -> int:
        """Fills `rows`; gives their number, which is less than `capacity` only at the end (`ended`) or where a pipe has no more yet."""
        dissect = self.life.kernel(dissect_records)
        progress = self.progress
        progress.count = 0
        while progress.count < capacity:
            if progress.position == self._batch:
                self._batch = 0 if self.ended else self._find_records(wait=progress.count == 0)
                progress.position = 0
                if not self._batch:
                    break
            dissect(self._data, self._records, self._batch, rows, capacity, progress, self._skipped)
            if progress.fragment:
                self._take_fragment(rows)
        return int(progress.count)

    def close(self) -> None:
        """Closes the file."""
        self._data = b""
        self.source.close()

    def report(self, summary: CaptureSummary) -> None:
        """Adds what this file had to the summary; once, at its end."""
        progress = self.progress
        summary.size_bytes += self.source.stored_bytes
        summary.packets += int(progress.records)
        summary.tcp_packets += int(progress.tcp)
        if progress.first_ns != NO_TIME_YET:
            summary.first_ns = min(summary.first_ns or NO_TIME_YET, int(progress.first_ns))
        summary.last_ns = max(summary.last_ns, int(progress.last_ns))
        for code, reason in enumerate(SKIPPED):
            if reason is not None and self._skipped[code]:
                summary.skipped[reason] = summary.skipped.get(reason, 0) + int(self._skipped[code])
        summary.cut_packets += int(progress.cut)
        summary.snap_length = max(summary.snap_length, self.walker.snap_bytes)
        summary.reassembled += self._reassembled
        for line in self._damage:
            summary.add_damage(line)
        if self.walker.state.untimed:
            summary.add_note(
                msg("{file}: {count} packets carry no time", file=said_name(self.source.name), count=int(self.walker.state.untimed))
            )

    def _look(self) -> None:
        """The window in the shape that kernels of the present life take."""
        self._data = np.frombuffer(self.source.data, np.uint8) if self.life is Life.COMPILED else self.source.data

    def _find_records(self, *, wait: bool) -> int:
        """The next batch of records; 0 at the end of what can be read, or, without `wait`, where another program has to write first."""
        walker, source = self.walker, self.source
        while True:
            count = walker.walk(self._data, source.end, self._records, len(self._records))
            if count:
                return count
            if walker.state.stop == STOP_BLOCK and walker.read_block(self._data, source.end):
                continue
            if walker.state.stop == STOP_DAMAGE:
                if not self._pass_damage():
                    return self._end()
            elif walker.state.stop != STOP_FULL:
                if not wait and source.would_wait():
                    return 0
                if not self._read_on() and not self._pass_end():
                    return self._end()

    def _end(self) -> int:
        self.ended = True
        return 0

    def _read_on(self) -> bool:
        """More bytes into the window; False at the end."""
        state, source = self.walker.state, self.source
        if source.advance(int(state.position)):
            state.position = 0
            self._look()
            return True
        return False

    def _pass_end(self) -> bool:
        """Says what is missing at the end.  Where it is only a length that points beyond, reading goes on behind it."""
        state, source = self.walker.state, self.source
        below = source.damage()
        if source.stopped:
            return False  # a record that is cut by Ctrl-C is no damage
        if below is not None:
            self._add_damage(below, source.stored_bytes)
        elif state.position < source.end:
            offset = source.base + int(state.position)
            if self._recover():
                self._add_damage(self.walker.damage(), offset)
                return True
            self._add_damage(msg("the file ends in the middle of a record"), offset)
        return False

    def _pass_damage(self) -> bool:
        """Past damaged bytes where the format can do that."""
        state, source = self.walker.state, self.source
        self._add_damage(self.walker.damage(), source.base + int(state.position))
        return self._recover()

    def _recover(self) -> bool:
        """Moves on behind damaged bytes, in a format and a file where that may help."""
        self._gaps += 1
        return self._gaps <= MOST_GAPS and self.walker.recover(self._data, self.source.end)

    def _add_damage(self, what: Text, offset: int) -> None:
        self._damage.append(msg("{file}: {what}, at byte {offset}", file=said_name(self.source.name), what=what, offset=offset))

    def _take_fragment(self, rows: Any) -> None:
        """Gives a fragment to the defragmenter; a datagram that becomes whole is dissected into the next row."""
        progress = self.progress
        time_ns = int(self._record().time_ns)
        data = self._data
        for _ in range(MOST_NESTED_DATAGRAMS):
            place = int(progress.fragment_at), int(progress.fragment_end), int(progress.fragment_wire_end)
            whole = self._fragments.add(data, *place, time_ns)
            if whole is None:
                break
            self._reassembled += 1
            self._skipped[FRAGMENT] -= whole.fragments
            data = self._dissect_whole(whole, rows)
            if not progress.fragment:
                break

    def _record(self) -> Any:
        """The record that was dissected last."""
        return self._as_objects()[int(self.progress.position) - 1]

    def _as_objects(self) -> Any:
        """The table of records such that its rows have attributes."""
        return self._records.view(np.recarray) if self.life is Life.COMPILED else self._records

    def _dissect_whole(self, whole: Whole, rows: Any) -> Any:
        """Dissects a datagram in the place of the record that completed it; gives its bytes as kernels take them."""
        progress = self.progress
        position = progress.position
        record = carried(self._record(), RECORD, self.life)
        record.offset, record.captured, record.original, record.link_type = 0, len(whole.data), whole.original, LINKTYPE_RAW
        records: Any = self.life.rows(RECORD, 1)
        records[0] = record
        data: Any = np.frombuffer(whole.data, np.uint8) if self.life is Life.COMPILED else whole.data
        progress.position = 0
        progress.records -= 1
        self.life.kernel(dissect_records)(data, records, 1, rows, int(progress.count) + 1, progress, self._skipped)
        progress.position = position
        return data


def open_rows(path: str, stdin: BinaryIO | None = None, stop: StopSign | None = None) -> FileRows:
    """Opens a capture; raises InputError where it cannot be read or is none."""
    source = open_source(path, stdin, stop)
    try:
        return FileRows(source)
    except InputError:
        source.close()
        raise


def recognise(source: Source) -> Walker:
    """The walker for a file, by its first bytes; raises InputError where they are not those of a capture."""
    head = bytes(source.data[:HEAD_BYTES])
    for walker in FORMATS:
        if walker.knows(head):
            found: Walker = walker(head)
            return found
    below = source.damage()
    if below is not None:
        raise InputError(below, path=source.name, offset=source.stored_bytes)
    if any(walker.begins(head) for walker in FORMATS):
        raise InputError(msg("the file ends within its header"), path=source.name, offset=len(head))
    raise InputError(msg("not a capture file (pcap, pcapng, snoop or ERF)"), path=source.name)
