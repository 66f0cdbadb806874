"""The project's own Python sources as syntax trees, for the tests of this folder."""

from __future__ import annotations

import ast
import functools
import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "estab"


def python_files(*folders: str) -> list[pathlib.Path]:
    """All Python files below folders of the project, in a stable order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


@functools.cache
def tree_of(path: pathlib.Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_name(path: pathlib.Path) -> str:
    """The dotted name of a module below `src`: `estab.wire.tcp`; a package's is that of its folder."""
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room a module belongs to: the part behind `estab`; the package itself is the room `estab`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "estab"


def imported_modules(tree: ast.AST, exists: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every module of this package that a tree imports, at whatever depth.

    `from estab import text` imports the module `estab.text` where `exists` knows it, else a name of `estab`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] == "estab":
                    yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "estab":
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                yield node.lineno, whole if whole in exists else node.module


def dotted_calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of every call, with import aliases resolved: `from time import time as now; now()` is `time.time`."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                aliases[name.asname or name.name.split(".")[0]] = name.name if name.asname else name.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                aliases[name.asname or name.name] = f"{node.module}.{name.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, _spelled(node.func, aliases)


def _spelled(target: ast.expr, aliases: dict[str, str]) -> str:
    """`a.b.c` of a call's target; what stands before the first dot is `?` where it is not a name."""
    names: list[str] = []
    while isinstance(target, ast.Attribute):
        names.append(target.attr)
        target = target.value
    names.append(aliases.get(target.id, target.id) if isinstance(target, ast.Name) else "?")
    return ".".join(reversed(names))
