from __future__ import annotations

import pytest

from estab.cli.main import cli, run
from estab.cli.translated import LazyCommands
from estab.typeset import width_of

VERBS = tuple(cli.commands)


@pytest.mark.parametrize("verb", [[], *([verb] for verb in VERBS)], ids=str)
def test_help_is_shown_in_both_languages(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    shown = {}
    for language in ("en", "zh"):
        assert run(["--lang", language, *verb, "--help"]) == 0
        shown[language] = capsys.readouterr().out
    assert "Usage: estab" in shown["en"] and "Options:" in shown["en"] and "Show this page." in shown["en"]
    assert "用法：estab" in shown["zh"] and "选项：" in shown["zh"] and "Show" not in shown["zh"]
    assert shown["en"].count("\n  -") == shown["zh"].count("\n  -") >= 1


@pytest.mark.parametrize("verb", VERBS)
def test_no_line_of_help_is_wider_than_the_screen(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    for language in ("en", "zh"):
        run(["--lang", language, verb, "--help"])
        assert [line for line in capsys.readouterr().out.splitlines() if width_of(line) > 80] == []


def test_the_help_of_the_program_imports_no_verb(capsys: pytest.CaptureFixture[str]) -> None:
    homes = {"slow": "no.such.module:verb"}
    commands = LazyCommands(homes)
    assert list(commands) == ["slow"] and len(commands) == 1
    with pytest.raises(ModuleNotFoundError):
        commands["slow"]
    assert set(cli.summaries) == set(VERBS) > {"diagnose", "trace", "explain"}


def test_a_verb_that_is_not_there_is_not_there() -> None:
    with pytest.raises(KeyError):
        LazyCommands({})["nonsense"]
