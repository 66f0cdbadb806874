"""The rules that exist: whatever file lies in `rules/`.  Nothing is registered anywhere."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from estab.diagnose import rules
from estab.diagnose.rule import LoadedRule


@functools.cache
def all_rules() -> tuple[LoadedRule, ...]:
    """Every rule, each after the rules it yields to, else in the order of the codes."""
    loaded = {}
    for module in pkgutil.iter_modules(rules.__path__):
        found = load(module.name)
        loaded[found.rule.code] = found
    return in_order(loaded)


def load(name: str) -> LoadedRule:
    """The rule of one file; its code and its file's name must agree."""
    module = importlib.import_module(f"{rules.__name__}.{name}")
    assert module.RULE.module_name == name, f"{name}.py declares {module.RULE.code}"
    return LoadedRule(module.RULE, module.check)


def in_order(loaded: dict[str, LoadedRule]) -> tuple[LoadedRule, ...]:
    """The rules so that each stands behind those it yields to; codes without a rule do not count.  A circle is a bug."""
    placed: dict[str, LoadedRule] = {}
    waiting = dict(sorted(loaded.items()))
    while waiting:
        ready = [code for code, found in waiting.items() if not any(stronger in waiting for stronger in found.rule.yields_to)]
        assert ready, f"rules that yield to each other: {sorted(waiting)}"
        placed.update((code, waiting.pop(code)) for code in ready)
    return tuple(placed.values())
