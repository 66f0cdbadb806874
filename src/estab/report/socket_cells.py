"""The cells of the table of sockets: texts made once for each value that occurs, and filled up to the width of their column.

Two hundred thousand sockets have few states, few queues that are not empty, few addresses, and many equal ages.  So a column is a look-up
of its values among texts that are already there; only what has not occurred before is spelled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from estab.flow import spell_address
from estab.instant import format_duration
from estab.snapshot import Owner, TimerKind
from estab.snapshot_table import distinct_addresses
from estab.typeset import pad, shorten

Numbers = npt.NDArray[np.int64]

_RETRIES_AT, _KIND_AT = 48, 56


class Texts(dict[int, str]):
    """Texts by what they spell, each as wide as its column; a new one is spelled when it is asked for."""

    def __init__(self, spell: Callable[[int], str], width: int, *, number: bool = False) -> None:
        super().__init__()
        self._spell, self._width, self._number = spell, width, number

    def __missing__(self, key: int) -> str:
        made = self[key] = fitted(self._spell(key), self._width, number=self._number)
        return made

    def of(self, keys: npt.NDArray[np.integer]) -> list[str]:
        """The texts of a column of keys."""
        return list(map(self.__getitem__, keys.tolist()))


def fitted(text: str, width: int, *, number: bool) -> str:
    """A text filled up or shortened to a width; numbers stand at the right."""
    if text.isascii() and len(text) <= width:
        return text.rjust(width) if number else text.ljust(width)
    return pad(shorten(text, width), width, right=number)


class Ends:
    """One side of all sockets of a table: the different addresses, spelled, and which of them each row has."""

    def __init__(self, addresses: npt.NDArray[np.uint32], ports: npt.NDArray[np.uint16]) -> None:
        first, number = distinct_addresses(addresses)
        spelled = [spell_address(tuple(words)) for words in addresses[first].tolist()]
        self._names = [f"[{name}]:" if ":" in name else f"{name}:" for name in spelled]
        self.keys: Numbers = number << 16 | ports
        self.widest = max(map(len, self._names), default=0) + len(str(int(ports.max(initial=0))))

    def spell(self, key: int) -> str:
        """The end that a key stands for: `10.0.0.1:80`, `[::1]:*`."""
        return f"{self._names[key >> 16]}{key & 0xFFFF or '*'}"


class Owned:
    """Whose the sockets are, by inode."""

    def __init__(self, owners: Mapping[int, tuple[Owner, ...]]) -> None:
        self._owners = owners

    def spell(self, inode: int) -> str:
        """The first owner, and how many more there are."""
        return owner_words(self._owners.get(inode, ()))


class Timers:
    """Which timer runs, until when, and how often it has expired."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names

    @staticmethod
    def keys(kinds: npt.NDArray[np.integer], expires_ms: npt.NDArray[np.integer], retries: npt.NDArray[np.integer]) -> Numbers:
        """A key for each row, equal where the text is."""
        repeated: Numbers = retries.astype(np.int64) << _RETRIES_AT
        return kinds.astype(np.int64) << _KIND_AT | repeated | coarse(expires_ms.astype(np.int64))

    def spell(self, key: int) -> str:
        """`retransmit 4.2s ×3`; empty where none runs."""
        kind, retries, expires_ms = key >> _KIND_AT, key >> _RETRIES_AT & 0xFF, key & (1 << _RETRIES_AT) - 1
        if kind == TimerKind.NONE or kind not in self._names:
            return ""
        again = f" ×{retries}" if retries else ""
        return f"{self._names[kind]} {short_duration(expires_ms)}{again}"


def owner_words(owners: tuple[Owner, ...]) -> str:
    """`nginx[812]`, with its unit or container, and the number of further processes."""
    if not owners:
        return ""
    first = owners[0]
    others = len({owner.pid for owner in owners}) - 1
    where = first.container or first.unit
    return f"{first.command}[{first.pid}]{f' +{others}' if others else ''}{f' {where}' if where else ''}"


def coarse(durations_ms: Numbers) -> Numbers:
    """Durations rounded down as far as `short_duration` tells them apart, and no further."""
    steps = np.select([durations_ms < 1_000, durations_ms < 10_000, durations_ms < 3_600_000], [1, 100, 1_000], 360_000)
    rounded: Numbers = durations_ms - durations_ms % steps
    return rounded


def short_duration(duration_ms: int) -> str:
    """A time in at most five characters; empty for an unknown one (negative).

    >>> short_duration(340), short_duration(59_400), short_duration(125_000), short_duration(5_400_000), short_duration(200_000_000)
    ('340ms', '59s', '2m', '1.5h', '2.3d')
    """
    if duration_ms < 0:
        return ""
    if duration_ms < 1_000:
        return f"{duration_ms}ms"
    for unit, size_ms, most in (("s", 1_000, 100), ("m", 60_000, 60), ("h", 3_600_000, 48)):
        number = duration_ms / size_ms
        if number < most:
            return f"{int(number * 10) / 10:g}{unit}" if number < 10 and unit != "m" else f"{int(number)}{unit}"
    days = duration_ms / 86_400_000
    return f"{int(days * 10) / 10:g}d" if days < 10 else f"{int(days)}d"


def short_rtt(rtt_us: int) -> str:
    """A round-trip time with three digits; empty for none."""
    return format_duration(rtt_us * 1000).replace(" ", "") if rtt_us else ""
