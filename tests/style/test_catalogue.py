"""The Chinese catalogue is complete, and the tool that says so notices what it must."""

from __future__ import annotations

import importlib
import pathlib
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
pytest.importorskip("babel")


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("tools.catalogue")


def _entries(tool: Any, folder: pathlib.Path, **translations: str) -> list[Any]:
    path = folder / "area.po"
    path.write_text("".join(f'msgid "{name}"\nmsgstr "{text}"\n\n' for name, text in translations.items()), encoding="utf-8")
    return list(tool.read_entries(path))


def _uses(tool: Any, folder: pathlib.Path, source: str) -> list[Any]:
    (folder / "module.py").write_text(source, encoding="utf-8")
    return list(tool.uses_in_tree(folder))


def test_every_text_is_translated_and_the_shipped_catalogue_is_current(tool: Any, capsys: pytest.CaptureFixture[str]) -> None:
    status = tool.main(["check"])
    assert status == 0, capsys.readouterr().out


def test_implicit_concatenation_and_methods_are_found(tool: Any, tmp_path: pathlib.Path) -> None:
    uses = _uses(tool, tmp_path, 'a = msg("one "\n  "two")\nb = text.msg(\'three {x}\', x=1)\n')
    assert [(use.text, use.given) for use in uses] == [("one two", frozenset()), ("three {x}", frozenset({"x"}))]


def test_help_texts_and_docstrings_of_commands_are_found_in_the_front_only(tool: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "cli").mkdir()
    source = '@cli.command()\n@click.option("--x", help="An option.")\ndef verb():\n    """Does it.\n\n    Well.\n    """\n'
    (tmp_path / "cli" / "verb.py").write_text(source, encoding="utf-8")
    (tmp_path / "other.py").write_text(source, encoding="utf-8")
    assert {use.text for use in tool.uses_in_tree(tmp_path)} == {"An option.", "Does it.\n\nWell."}


@pytest.mark.parametrize(
    ("source", "translations", "complaint"),
    [
        ('msg("a")', {}, "no Chinese for: a"),
        ('msg("a")', {"a": ""}, "empty translation"),
        ('msg("a")', {"a": "甲", "b": "乙"}, "no source shows this any more: b"),
        ('msg("a {x}", x=1)', {"a {x}": "甲 {y}"}, "placeholders differ"),
        ('msg("a {x}", y=1)', {"a {x}": "甲 {x}"}, "values ['y']"),
        ("msg(name)", {}, "not a literal"),
    ],
)
def test_each_kind_of_defect_is_reported(
    tool: Any, tmp_path: pathlib.Path, source: str, translations: dict[str, str], complaint: str
) -> None:
    entries = _entries(tool, tmp_path, **translations)
    shipped = {entry.source: entry.translation for entry in entries if entry.translation}
    found = tool.defects(_uses(tool, tmp_path, source), entries, shipped)
    assert len(found) == 1 and complaint in found[0]


def test_a_stale_compiled_catalogue_is_reported(tool: Any, tmp_path: pathlib.Path) -> None:
    found = tool.defects(_uses(tool, tmp_path, 'msg("a")'), _entries(tool, tmp_path, a="甲"), {"a": "丙"})
    assert len(found) == 1 and "not current" in found[0]


def test_two_translations_of_one_text_clash_even_in_one_file(tool: Any, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "area.po"
    path.write_text('msgid "a"\nmsgstr "甲"\n\nmsgid "a"\nmsgstr "乙"\n', encoding="utf-8")
    _, clashes = tool.merge(tool.read_entries(path))
    assert len(clashes) == 1 and "area.po:4" in clashes[0]


def test_a_line_that_belongs_to_no_entry_is_refused_with_its_place(tool: Any, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "area.po"
    path.write_text('msgid "a"\nmsgstr "甲"\nmsgctxt "b"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"area\.po:3"):
        tool.read_entries(path)


def test_compiling_gives_the_same_bytes_and_gives_back_the_texts(tool: Any, tmp_path: pathlib.Path) -> None:
    merged, _ = tool.merge(_entries(tool, tmp_path, a="甲", b="乙 {x}"))
    first = tool.compiled_bytes(merged)
    (tmp_path / "estab.mo").write_bytes(first)
    assert first == tool.compiled_bytes(merged)
    assert tool.read_compiled(tmp_path / "estab.mo") == {"a": "甲", "b": "乙 {x}"}


def test_stubs_name_the_untranslated_texts_of_a_folder(tool: Any, tmp_path: pathlib.Path) -> None:
    uses = _uses(tool, tmp_path, 'msg("a")\nmsg("b")\n')
    stubs = tool.stubs(uses, _entries(tool, tmp_path, a="甲"), str(tmp_path))
    assert 'msgid "b"\nmsgstr ""' in stubs and 'msgid "a"' not in stubs
    assert tool.stubs(uses, [], "elsewhere") == ""
