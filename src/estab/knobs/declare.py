"""What a knob is: a setting of the kernel or of one socket, declared once.

Texts of findings, `estab explain`, `estab tune` and the reference pages are made from these declarations, so a default or a range is
written in one place only.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from estab.text import Text, msg


class Unit(enum.Enum):
    """What the number of a knob counts; the value is the word for people."""

    SWITCH = msg("0 or 1")
    CHOICE = msg("one of several values")
    BITS = msg("bit mask")
    COUNT = msg("count")
    SECONDS = msg("seconds")
    MILLISECONDS = msg("milliseconds")
    MICROSECONDS = msg("microseconds")
    BYTES = msg("bytes")
    PAGES = msg("memory pages")
    PORT = msg("port number")
    PACKETS = msg("packets")
    NAME = msg("name")
    STRUCTURE = msg("structure")


class Scope(enum.Enum):
    """Whom a change of the knob touches; the value is the word for people."""

    SOCKET = msg("this socket only")
    PROCESS = msg("this process")
    NAMESPACE = msg("this network namespace")
    HOST = msg("the whole host")


class Profile(enum.Enum):
    """Whose default is asked for."""

    LINUX = "linux"
    RFC = "rfc"


@dataclass(frozen=True, slots=True)
class Span:
    """The values the kernel accepts, both ends included; `high` None where only the type bounds it."""

    low: int
    high: int | None

    def __contains__(self, value: int) -> bool:
        return self.low <= value and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        return f">= {self.low}" if self.high is None else f"{self.low} .. {self.high}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a knob that has a meaning of its own."""

    value: int
    meaning: Text


@dataclass(frozen=True, slots=True)
class Myth:
    """What is often said, and what is right."""

    said: Text
    right: Text


Default = int | str | tuple[int, ...] | Text
"""A default: a number, a name, the numbers of a vector (`tcp_rmem`), or a text where no fixed number exists."""

AT_ONCE = msg("at once, also for existing connections")
NEW_SOCKETS = msg("for sockets made afterwards")
NEW_CONNECTIONS = msg("for connections opened afterwards")
NEXT_LISTEN = msg("at the next listen(); a listener that runs already keeps its old value")
NEVER = msg("never: this kernel knob has no effect any more")
BEFORE_BIND = msg("when set before bind()")
BEFORE_CONNECT = msg("when set before connect() or listen()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One setting.

    `name` is the short name Linux uses (`tcp_fin_timeout`, `SO_KEEPALIVE`), `kernel_path` the dotted sysctl path or, for an option of a
    socket, `level, option`; `title` says in a
    few words what it is.  `since` and `gone_since` are kernel versions; `since` None is older than 2.6.  `source` names the kernel
    file, the kernel's document or the RFC that the facts are from.
    """

    name: str
    kernel_path: str
    title: Text
    unit: Unit
    scope: Scope
    valid: Span | None = None
    choices: tuple[Choice, ...] = ()
    linux: Default | None
    rfc: Default | None = None
    since: str | None = None
    gone_since: str | None = None
    summary: Text
    caution: Text | None = None
    myths: tuple[Myth, ...] = ()
    takes_effect: Text
    source: str

    def default(self, profile: Profile) -> Default | None:
        """The default of this profile; None where the profile has none."""
        return self.linux if profile is Profile.LINUX else self.rfc

    @property
    def is_sysctl(self) -> bool:
        """Whether `sysctl -w` can change it."""
        return self.scope in (Scope.NAMESPACE, Scope.HOST)
