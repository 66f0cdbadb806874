"""The scenarios that exist: whatever file lies in `scenarios/`, and files that a user names.  Nothing is registered anywhere."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pathlib
import pkgutil
from types import ModuleType
from typing import Any

from estab.errors import InputError, MisuseError
from estab.lab import scenarios
from estab.lab.mistakes import blamed_on, nearest
from estab.lab.scenario import LoadedScenario, Scenario
from estab.text import msg


@functools.cache
def names() -> tuple[str, ...]:
    """The names of the scenarios that come with the project, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(scenarios.__path__) if not module.name.startswith("_")))


def all_scenarios() -> tuple[LoadedScenario, ...]:
    """All of them."""
    return tuple(map(load, names()))


def load(name: str) -> LoadedScenario:
    """The scenario of this name; raises MisuseError for one that does not exist."""
    if name not in names():
        near = nearest(name, names())
        if near:
            raise MisuseError(msg("no scenario {name}; did you mean {near}?", name=name, near=near))
        raise MisuseError(msg("no scenario {name}; estab lab list names what there is", name=name))
    return _of_module(name, importlib.import_module(f"{scenarios.__name__}.{name}"))


def load_file(path: str) -> LoadedScenario:
    """The scenario in a user's own file, which is run as Python; raises InputError where there is none in it."""
    spec = importlib.util.spec_from_file_location(f"estab_lab_{pathlib.Path(path).stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(msg("not a Python file"), path=path)
    module = importlib.util.module_from_spec(spec)
    try:
        with blamed_on(path):
            spec.loader.exec_module(module)
    except FileNotFoundError:
        raise InputError(msg("no such file"), path=path) from None
    except SyntaxError as problem:
        raise InputError(msg("line {line}: {why}", line=problem.lineno, why=problem.msg), path=path) from None
    return _of_module(pathlib.Path(path).stem, module, path=path)


def find(name_or_path: str) -> LoadedScenario:
    """By name, or by path where it ends in `.py`."""
    return load_file(name_or_path) if name_or_path.endswith(".py") else load(name_or_path)


def _of_module(name: str, module: ModuleType, path: str | None = None) -> LoadedScenario:
    declared: Any = getattr(module, "SCENARIO", None)
    build: Any = getattr(module, "build", None)
    if not isinstance(declared, Scenario) or not callable(build):
        raise InputError(msg("no scenario in it: it needs SCENARIO = Scenario(...) and def build(world, given)"), path=path)
    others = {verify: getattr(module, verify) for verify in ("verify", "verify_twin") if hasattr(module, verify)}
    return LoadedScenario(name=name, scenario=declared, build=build, path=path, **others)
