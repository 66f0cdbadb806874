"""Each module has its test file, where one looks for it: src/estab/wire/tcp.py has tests/unit/wire/test_tcp.py."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

from tests.style.source_tree import PACKAGE, ROOT, python_files, tree_of

# Modules whose tests stand elsewhere, with the place.
ELSEWHERE = {
    "__init__.py": "tests/unit/test_front.py",
}


def provoked_codes() -> dict[str, set[pathlib.Path]]:
    """Rules over a live host that a provocation asserts (`.only("code"`), by the name of their file: where the test stands."""
    places: dict[str, set[pathlib.Path]] = {}
    for path in sorted((ROOT / "tests" / "provoke").glob("test_*.py")):
        for code in re.findall(r'\.only\(\s*"([a-z_0-9]+\.[a-z_0-9]+)"', path.read_text(encoding="utf-8")):
            places.setdefault(code.replace(".", "_"), set()).add(path)
    return places


PROVOKED = provoked_codes()


def provoked_evidence(stem: str) -> set[pathlib.Path]:
    """Where rules are provoked that use this evidence of a live host."""
    users = [
        path.stem
        for path in python_files("src/estab/diagnose/host_rules")
        if f"estab.diagnose.evidence.{stem} " in path.read_text(encoding="utf-8")
    ]
    return set().union(*(PROVOKED.get(user, set()) for user in users))


def expected_tests(module: pathlib.PurePath) -> list[pathlib.Path]:
    """Where the tests of a module (path below the package) may stand; a rule may have a folder of cases instead."""
    places = [ROOT / "tests" / "unit" / module.parent / f"test_{module.stem}.py"]
    if module.parts[:2] == ("diagnose", "host_rules"):
        places += [ROOT / "tests" / "host_rules" / f"test_{module.stem}.py", *sorted(PROVOKED.get(module.stem, ()))]
    if module.parts[:2] == ("diagnose", "evidence"):
        places += sorted(provoked_evidence(module.stem))
    if module.parts[:2] == ("diagnose", "rules"):
        places += [ROOT / "tests" / "rules" / f"test_{module.stem}.py", ROOT / "tests" / "rules" / module.stem]
    if module.parts[:2] == ("lab", "scenarios"):
        places = [ROOT / "tests" / "lab" / "test_scenarios.py"]  # which runs every one of them
    return places


def has_behaviour(tree: ast.Module) -> bool:
    """True where a module defines a function or a class.

    A package's front that only says what it holds, and a module of declarations, which are tested all together, need no file of their own.
    """
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in tree.body)


MODULES = [path.relative_to(PACKAGE) for path in python_files("src/estab") if has_behaviour(tree_of(path))]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_has_its_test_file(module: pathlib.Path) -> None:
    places = [ROOT / ELSEWHERE[module.as_posix()]] if module.as_posix() in ELSEWHERE else expected_tests(module)
    assert any(place.exists() for place in places), f"write {places[0].relative_to(ROOT)}"


@pytest.mark.parametrize("module", ELSEWHERE)
def test_an_exception_names_a_module_that_exists(module: str) -> None:
    assert (PACKAGE / module).exists()


def test_no_folder_of_tests_outlives_its_package() -> None:
    folders = {path.parent.relative_to(ROOT / "tests" / "unit") for path in python_files("tests/unit")}
    assert [str(folder) for folder in folders if not (PACKAGE / folder).is_dir()] == []


def test_where_tests_are_looked_for() -> None:
    assert expected_tests(pathlib.PurePath("wire/tcp.py")) == [ROOT / "tests/unit/wire/test_tcp.py"]
    assert ROOT / "tests/rules/accept_queue_overflow" in expected_tests(pathlib.PurePath("diagnose/rules/accept_queue_overflow.py"))
