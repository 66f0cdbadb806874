"""The rules that exist: whatever file lies in `rules/` and in `host_rules/`.  Nothing is registered anywhere."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import ModuleType
from typing import Any

from estab.diagnose import host_rules as rules_for_hosts
from estab.diagnose import rules
from estab.diagnose.rule import AnyFacts, AnyRule, HostRule, LoadedRule, Rule


@functools.cache
def all_rules() -> tuple[LoadedRule, ...]:
    """Every rule over captures, each after the rules it yields to, else in the order of the codes."""
    loaded = [LoadedRule(*load(rules, name)) for name in _names(rules)]
    return in_order({found.rule.code: found for found in loaded})


@functools.cache
def host_rules() -> tuple[HostRule, ...]:
    """Every rule over a live host, in the same kind of order."""
    loaded = [HostRule(*load(rules_for_hosts, name)) for name in _names(rules_for_hosts)]
    return in_order({found.rule.code: found for found in loaded})


@functools.cache
def all_codes() -> frozenset[str]:
    """The codes that rules of either kind find."""
    return frozenset({loaded.rule.code for loaded in all_rules()} | {loaded.rule.code for loaded in host_rules()})


def _names(package: ModuleType) -> list[str]:
    return [module.name for module in pkgutil.iter_modules(package.__path__)]


def load(package: ModuleType, name: str) -> tuple[Rule, Any]:
    """Declaration and check of one file; its code and its file's name must agree."""
    module = importlib.import_module(f"{package.__name__}.{name}")
    assert module.RULE.module_name == name, f"{name}.py declares {module.RULE.code}"
    return module.RULE, module.check


def in_order(loaded: dict[str, AnyRule[AnyFacts]]) -> tuple[AnyRule[AnyFacts], ...]:
    """The rules so that each stands behind those it yields to; codes without a rule do not count.  A circle is a bug."""
    placed: dict[str, AnyRule[AnyFacts]] = {}
    waiting = dict(sorted(loaded.items()))
    while waiting:
        ready = [code for code, found in waiting.items() if not any(stronger in waiting for stronger in found.rule.yields_to)]
        assert ready, f"rules that yield to each other: {sorted(waiting)}"
        placed.update((code, waiting.pop(code)) for code in ready)
    return tuple(placed.values())
