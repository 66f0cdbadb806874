"""The declaration that a scenario file makes.

A scenario is one file in `scenarios/`, or a user's own.  It holds `SCENARIO = Scenario(...)`, `def build(world, given)`, which puts the
network together and starts programs, and `def verify(run)`, which asserts what must have come of it.  `docs/lab.md` tells it whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

from estab.errors import MisuseError
from estab.lab.behaviours import Behaviour
from estab.lab.units import Duration
from estab.text import Text, msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

Setting: TypeAlias = bool | int | float | str
Given: TypeAlias = SimpleNamespace
"""The parameters of one run, as attributes."""

_YES, _NO = frozenset({"1", "yes", "true", "on"}), frozenset({"0", "no", "false", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a scenario says about itself.

    `findings` are the codes of all warnings and criticals that its capture yields, neither more nor fewer; `twin` names the parameters
    with which nothing is wrong, and then there is none (without a fault no twin is needed).
    """

    title: Text | str
    paragraph: Text | str
    """What happens and why, in a few sentences."""
    look: tuple[Text | str, ...] = ()
    """What to look at: in the ladder, the timeline, the counters."""
    behaviours: tuple[Behaviour, ...] = ()
    """The behaviours it shows."""
    findings: tuple[str, ...] = ()
    parameters: Mapping[str, Setting] = field(default_factory=dict)
    """What `--set` can change, with the usual values."""
    twin: Mapping[str, Setting] | None = None
    tap: str = "client"
    """Where its capture is taken: a node, a link (`client-router`), or a loopback interface (`client:lo`)."""
    lasts: Duration = "2min"
    """Virtual time that it runs."""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.twin or {}) - set(self.parameters))
        if unknown:
            raise MisuseError(f"the twin sets what is no parameter: {', '.join(unknown)}")
        if self.findings and self.twin is None:
            raise MisuseError("a scenario with findings needs a healthy twin")

    def given(self, settings: Mapping[str, Setting] | None = None, *, as_twin: bool = False) -> Given:
        """The parameters with some of them set; text is read as the type of the usual value."""
        values = dict(self.parameters)
        if as_twin:
            values.update(self.twin or {})
        for name, value in (settings or {}).items():
            if name not in values:
                raise MisuseError(msg("no parameter {name}; there are: {names}", name=name, names=", ".join(sorted(values)) or "-"))
            values[name] = read_setting(name, value, self.parameters[name])
        return SimpleNamespace(**values)


def read_setting(name: str, value: Setting, usual: Setting) -> Setting:
    """A value in the type of the usual one; raises MisuseError where it has none such.

    >>> read_setting("loss", "0.1", 0.0), read_setting("listens", "no", True)
    (0.1, False)
    """
    if not isinstance(value, str) or isinstance(usual, str):
        return value
    if isinstance(usual, bool):
        if value.lower() not in _YES | _NO:
            raise MisuseError(msg("{name} is yes or no, not {value}", name=name, value=value))
        return value.lower() in _YES
    try:
        return type(usual)(value)
    except ValueError:
        raise MisuseError(msg("{name} is a number, not {value}", name=name, value=value)) from None


Build: TypeAlias = Callable[["World", Given], Any]
Verify: TypeAlias = Callable[["Run"], None]


def _nothing(run: Run) -> None:
    del run


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedScenario:
    """A scenario file as it was found."""

    name: str
    scenario: Scenario
    build: Build
    verify: Verify = _nothing
    verify_twin: Verify = _nothing
    path: str | None = None
    """The file, where it is one of the user's own."""
