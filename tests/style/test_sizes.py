"""A function fits a screen and a module can be read in one sitting; what is longer is named here, with the reason, and only shrinks."""

from __future__ import annotations

import ast
import pathlib

import pytest

from tests.style.source_tree import ROOT, python_files, tree_of

FUNCTION_LINES = 70
MODULE_LINES = 500

# "path:function" -> (its length now, why it is not split). A number here may only go down; an entry that is no longer needed must go.
LONG_FUNCTIONS: dict[str, tuple[int, str]] = {}
LONG_MODULES: dict[str, tuple[int, str]] = {}

FOLDERS = ("src", "tools", "benchmarks", "tests")


def long_functions(tree: ast.Module, limit: int) -> dict[str, int]:
    """Name and number of lines of each function longer than the limit, decorators not counted."""
    lengths = {
        node.name: (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return {name: length for name, length in lengths.items() if length > limit}


def disagreements(found: dict[str, int], allowed: dict[str, tuple[int, str]]) -> list[str]:
    """What is longer than allowed, and what is allowed more than it needs."""
    grown = [f"{name} has {length} lines" for name, length in found.items() if length > allowed.get(name, (0, ""))[0]]
    stale = [f"{name} has shrunk: lower its entry" for name, (length, _) in allowed.items() if found.get(name, 0) < length]
    return grown + stale


def test_functions_fit_a_screen() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}:{name}": length
        for path in python_files(*FOLDERS)
        for name, length in long_functions(tree_of(path), FUNCTION_LINES).items()
    }
    assert disagreements(found, LONG_FUNCTIONS) == []


def test_modules_are_short() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): line_count(path) for path in python_files(*FOLDERS)}
    assert disagreements({name: length for name, length in lengths.items() if length > MODULE_LINES}, LONG_MODULES) == []


def line_count(path: pathlib.Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_a_long_function_is_seen() -> None:
    body = "\n".join(["    pass"] * 4)
    tree = ast.parse(f"def short(): pass\nclass C:\n  @property\n  def long(self):\n{body}\n")
    assert long_functions(tree, 4) == {"long": 5}


@pytest.mark.parametrize(
    ("found", "allowed", "quiet"),
    [
        ({"f": 90}, {}, False),
        ({"f": 90}, {"f": (90, "why")}, True),
        ({"f": 91}, {"f": (90, "why")}, False),
        ({"f": 80}, {"f": (90, "why")}, False),
        ({}, {"f": (90, "why")}, False),
    ],
)
def test_the_list_of_exceptions_only_shrinks(found: dict[str, int], allowed: dict[str, tuple[int, str]], quiet: bool) -> None:
    assert (disagreements(found, allowed) == []) is quiet
