"""The values that knobs have in one TCP: frozen, filled from a profile, with changes by name.

What acts on knobs gets such a set as an argument and never reads a global.  Names are those of `estab.knobs.catalog`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from estab.errors import MisuseError
from estab.knobs.catalog import KNOBS, find_knob
from estab.knobs.declare import Profile
from estab.text import Text

Value: TypeAlias = int | str | tuple[int, ...]
Derived = TypeVar("Derived")

REFERENCE_HOST: Mapping[str, Value] = {
    "tcp_max_syn_backlog": 2048,
    "tcp_max_tw_buckets": 131_072,
    "tcp_max_orphans": 131_072,
    "tcp_mem": (393_216, 524_288, 786_432),
    "ip_local_reserved_ports": "",
}
"""What a kernel computes from the memory of its host, for one of 32 GiB (net/ipv4/tcp.c, tcp_init), and the empty list of ports."""


class KnobValues(Mapping[str, Value]):
    """Knobs by their short names; `values.tcp_fin_timeout` reads as well as `values["tcp_fin_timeout"]`."""

    __slots__ = ("_derived", "_values")

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)
        self._derived: dict[object, object] = {}

    def derived(self, make: Callable[[KnobValues], Derived]) -> Derived:
        """What `make` computes from this set: computed once, the same object for all who ask, so that connections share it."""
        made = self._derived.get(make)
        if made is None:
            made = self._derived[make] = make(self)
        return cast(Derived, made)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"no knob {name} in this set") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def but(self, **changes: Value) -> KnobValues:
        """The same values with some changed; raises MisuseError for a name or a value that no kernel would take.

        >>> profile_values(Profile.LINUX).but(tcp_fin_timeout=5).tcp_fin_timeout
        5
        """
        return self.changed(changes)

    def changed(self, changes: Mapping[str, Value | str]) -> KnobValues:
        """As `but`; a value may be text, as a command line gives it, and a name any spelling that `find_knob` knows."""
        values = dict(self._values)
        for spelling, value in changes.items():
            knob = find_knob(spelling)
            if knob is None:
                raise MisuseError(f"no such knob: {spelling}; `estab explain` lists them")
            values[knob.name] = _read(knob.name, value)
        return KnobValues(values)


def _read(name: str, value: Value | str) -> Value:
    """The value in the type of the knob's default, inside the range the kernel accepts."""
    knob = KNOBS[name]
    kind = REFERENCE_HOST.get(name, knob.linux)
    read: Value = value
    if isinstance(value, str) and not isinstance(kind, str):
        try:
            numbers = tuple(int(word) for word in value.replace("-", " ").split())
        except ValueError:
            raise MisuseError(f"{name} takes numbers, not {value!r}") from None
        if not numbers:
            raise MisuseError(f"{name} takes a number")
        read = numbers if isinstance(kind, tuple) else numbers[0]
    if isinstance(read, int) and knob.valid is not None and read not in knob.valid:
        raise MisuseError(f"{name} takes {knob.valid}, not {read}")
    return read


@functools.cache
def profile_values(profile: Profile) -> KnobValues:
    """Every knob's default in a profile; one that has none there (or only words about it) has Linux's, and where that is words too
    the reference host's, or 0."""
    return KnobValues({name: _number(knob.default(profile), knob.linux, REFERENCE_HOST.get(name)) for name, knob in KNOBS.items()})


def _number(*candidates: object) -> Value:
    for value in candidates:
        if value is not None and not isinstance(value, Text):
            assert isinstance(value, int | str | tuple)
            return value
    return 0
