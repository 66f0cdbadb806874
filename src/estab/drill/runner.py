"""From the text of a script to what its runs came to."""

from __future__ import annotations

from estab.drill.config import Family, config_of, defines_of, families_of
from estab.drill.parser import parse_script
from estab.drill.player import Player
from estab.drill.source import ScriptError
from estab.drill.verdict import Outcome, Run
from estab.knobs.declare import Profile
from estab.knobs.values import KnobValues, profile_values


def run_script(text: str, path: str = "script", *, families: tuple[Family, ...] = (), knobs: KnobValues | None = None) -> tuple[Run, ...]:
    """Runs a script over each family of addresses in which it means something; `families` narrows them.

    A script that cannot be used gives a run that says why; nothing is raised.

    >>> [run.outcome.value for run in run_script("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3")]
    ['passed', 'passed', 'passed']
    """
    try:
        allowed = families_of(parse_script(text, path, defines_of(Family.IPV4)))
    except ScriptError as problem:
        return (Run(path=path, family=Family.IPV4, outcome=Outcome.UNUSABLE, unusable=problem),)
    values = knobs or profile_values(Profile.LINUX)
    return tuple(_run(text, path, family, values) for family in allowed if not families or family in families)


def _run(text: str, path: str, family: Family, knobs: KnobValues) -> Run:
    try:
        script = parse_script(text, path, defines_of(family))
        config = config_of(script, family)
    except ScriptError as problem:
        return Run(path=path, family=family, outcome=Outcome.UNUSABLE, unusable=problem)
    return Player(script, config, knobs).play()
