"""The Chinese catalogue: `python -m tools.catalogue compile | check | missing [PREFIX]`.

A text for users is written where it is used, as `msg("…")`; its Chinese stands in one of `src/estab/locale/zh_CN/*.po`, one file an
area, so that several people can write at once.  `compile` merges these into the one `estab.mo` that the package ships, `check` says
what is missing, superfluous or broken, and `missing` prints stubs to fill in.

Help texts of the command line count as texts: the literals given as `help=`, `short_help=` and `epilog=` in `cli`, and the
docstring of a command that has no `help=`.
"""

from __future__ import annotations

import argparse
import ast
import datetime
import inspect
import io
import pathlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import denormalize, normalize

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "estab"
LANGUAGE_FOLDER = SOURCE / "locale" / "zh_CN"
COMPILED = LANGUAGE_FOLDER / "LC_MESSAGES" / "estab.mo"

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)[^{}]*\}")
_HELP_KEYWORDS = frozenset({"help", "short_help", "epilog"})
_COMMAND_MAKERS = frozenset({"command", "group"})
# A fixed date in the header: the compiled file changes only when a translation does.
_HEADER_DATE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Use:
    """One place in the sources that shows a text; `text` is None where the text is not a literal."""

    path: pathlib.Path
    line: int
    text: str | None
    given: frozenset[str] | None = None
    """Names of the values passed along; None where they cannot be told (`**values`, help texts)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One translation and where it stands."""

    path: pathlib.Path
    line: int
    source: str
    translation: str


def placeholders(text: str) -> frozenset[str]:
    """The names in braces.

    >>> sorted(placeholders("{count:,} of {total}"))
    ['count', 'total']
    """
    return frozenset(_PLACEHOLDER.findall(text))


# --- the texts of the sources -------------------------------------------------------------------------------------------------


def uses_in_tree(source: pathlib.Path) -> list[Use]:
    """All texts of the Python files under `source`, in order of file and line."""
    found: list[Use] = []
    for path in sorted(source.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        uses = [*_msg_calls(tree, path), *(_help_texts(tree, path) if "cli" in path.relative_to(source).parts else ())]
        found += sorted(uses, key=lambda use: use.line)
    return found


def _msg_calls(tree: ast.AST, path: pathlib.Path) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "msg":
            first = node.args[0] if node.args else None
            text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
            names = [keyword.arg for keyword in node.keywords]
            yield Use(path, node.lineno, text, None if None in names else frozenset(name for name in names if name))


def _help_texts(tree: ast.AST, path: pathlib.Path) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in _HELP_KEYWORDS and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
                    yield Use(path, keyword.value.lineno, inspect.cleandoc(keyword.value.value))
        elif isinstance(node, ast.FunctionDef):
            makers = [call for call in node.decorator_list if isinstance(call, ast.Call) and _name(call.func) in _COMMAND_MAKERS]
            docstring = ast.get_docstring(node)
            if docstring and makers and not any(keyword.arg == "help" for call in makers for keyword in call.keywords):
                yield Use(path, node.lineno, docstring)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


# --- the translations ---------------------------------------------------------------------------------------------------------


def read_entries(path: pathlib.Path) -> list[Entry]:
    """The translations of one .po file; comments are skipped.

    Read line by line, and not with Babel's reader, because that one silently keeps the last of two entries with one msgid.
    Raises ValueError, with file and line, for anything but `msgid`, `msgstr` and their continuation lines.
    """
    entries: list[Entry] = []
    source: list[str] = []
    translation: list[str] = []
    open_part: list[str] | None = None
    start = 0

    def finish() -> None:
        text = denormalize("\n".join(source)) if source else ""
        if text:  # the empty msgid is the header
            entries.append(Entry(path, start, text, denormalize("\n".join(translation))))

    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith('msgid "'):
            finish()
            source, translation, start = [line[6:]], [], number
            open_part = source
        elif line.startswith('msgstr "') and open_part is source:
            translation.append(line[7:])
            open_part = translation
        elif line.startswith('"') and line.endswith('"') and len(line) > 1 and open_part is not None:
            open_part.append(line)
        else:
            raise ValueError(f"{path}:{number}: not a line of a catalogue: {line}")
    finish()
    return entries


def merge(entries: Iterable[Entry]) -> tuple[dict[str, Entry], list[str]]:
    """One entry for each msgid, and a line for each msgid that two entries translate differently."""
    merged: dict[str, Entry] = {}
    clashes: list[str] = []
    for entry in entries:
        first = merged.setdefault(entry.source, entry)
        if first.translation != entry.translation:
            clashes.append(f"{_at(entry)}: translated otherwise at {_at(first)}: {_short(entry.source)}")
    return merged, clashes


def _at(place: Entry | Use) -> str:
    path = place.path.relative_to(ROOT) if place.path.is_relative_to(ROOT) else place.path
    return f"{path}:{place.line}"


def _short(text: str) -> str:
    line = text.replace("\n", "\\n")
    return line if len(line) <= 90 else line[:87] + "..."


# --- the verbs ----------------------------------------------------------------------------------------------------------------


def defects(uses: Sequence[Use], entries: Sequence[Entry], shipped: Mapping[str, str]) -> list[str]:
    """One line for each thing that is wrong; `shipped` is the content of the compiled catalogue."""
    merged, found = merge(entries)
    found += [f"{_at(use)}: the text of msg() is not a literal" for use in uses if use.text is None]
    for use in uses:
        if use.text is not None and use.given and use.given != placeholders(use.text):
            found.append(f"{_at(use)}: values {sorted(use.given)} for placeholders {sorted(placeholders(use.text))}")
    wanted = {use.text: use for use in reversed(uses) if use.text}
    found += [f"{_at(use)}: no Chinese for: {_short(text)}" for text, use in wanted.items() if text not in merged]
    for text, entry in merged.items():
        if text not in wanted:
            found.append(f"{_at(entry)}: no source shows this any more: {_short(text)}")
        if not entry.translation:
            found.append(f"{_at(entry)}: empty translation: {_short(text)}")
        elif placeholders(text) != placeholders(entry.translation):
            found.append(f"{_at(entry)}: placeholders differ: {sorted(placeholders(text))}, {sorted(placeholders(entry.translation))}")
    if shipped != {text: entry.translation for text, entry in merged.items() if entry.translation}:
        found.append(f"{COMPILED.relative_to(ROOT)} is not current: run python -m tools.catalogue compile")
    return sorted(found)


def stubs(uses: Sequence[Use], entries: Sequence[Entry], prefix: str) -> str:
    """Stubs in .po form for the untranslated texts of the files whose path begins with `prefix`."""
    translated = {entry.source for entry in entries}
    first: dict[str, Use] = {}
    for use in uses:
        if use.text and use.text not in translated and _at(use).startswith(prefix):
            first.setdefault(use.text, use)
    return "\n".join(f'#: {_at(use)}\nmsgid {normalize(text)}\nmsgstr ""\n' for text, use in first.items())


def compiled_bytes(merged: Mapping[str, Entry]) -> bytes:
    """The .mo file of these entries; the same entries give the same bytes."""
    catalogue = Catalog(locale="zh_CN", project="estab", creation_date=_HEADER_DATE, revision_date=_HEADER_DATE)
    for text in sorted(merged):
        if merged[text].translation:
            catalogue.add(text, merged[text].translation)
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def read_compiled(path: pathlib.Path) -> dict[str, str]:
    """Source and translation of a .mo file; empty where there is none."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_mo(file) if message.id}


def _read_all_entries() -> list[Entry]:
    return [entry for path in sorted(LANGUAGE_FOLDER.glob("*.po")) for entry in read_entries(path)]


def _compile() -> int:
    merged, clashes = merge(_read_all_entries())
    if clashes:
        print("\n".join(clashes))
        return 1
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    fresh = COMPILED.with_suffix(".mo.new")
    fresh.write_bytes(compiled_bytes(merged))
    fresh.replace(COMPILED)
    print(f"{len(merged)} texts in {COMPILED.relative_to(ROOT)}")
    return 0


def _check() -> int:
    found = defects(uses_in_tree(SOURCE), _read_all_entries(), read_compiled(COMPILED))
    print("\n".join(found) if found else "the Chinese catalogue is complete")
    return 1 if found else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.catalogue", description="Compile and check the Chinese catalogue.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("compile", help="merge the .po files into estab.mo")
    verbs.add_parser("check", help="say what is missing, superfluous or broken; exit status 1 if anything is")
    missing = verbs.add_parser("missing", help="print stubs for untranslated texts")
    missing.add_argument("prefix", nargs="?", default="", help="only files whose path begins so, e.g. src/estab/knobs")
    chosen = parser.parse_args(arguments)
    if chosen.verb == "compile":
        return _compile()
    if chosen.verb == "check":
        return _check()
    print(stubs(uses_in_tree(SOURCE), _read_all_entries(), chosen.prefix))
    return 0


if __name__ == "__main__":
    sys.exit(main())
