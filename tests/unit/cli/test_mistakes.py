from __future__ import annotations

import pathlib

import click
import pytest

from estab.cli.exit import Exit
from estab.cli.main import cli, run
from estab.cli.mistakes import wording

CAPTURE = str(pathlib.Path(__file__).resolve().parent.parent.parent / "data" / "captures" / "mixed_30.client.pcap")
VERBS = ", ".join(cli.commands)


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["diagnose", "--verbos"], "no such option: --verbos; did you mean --verbose?", "没有选项 --verbos；是否指 --verbose？"),
        (["--nonsense"], "no such option: --nonsense", "没有选项 --nonsense"),
        (["trace"], "CAPTURE is missing", "缺少 CAPTURE"),
        (["trace", "--conn"], "--conn needs a value", "--conn 需要一个值"),
        (
            ["nonsense"],
            f"no such command: nonsense; there are {VERBS}",
            f"没有命令 nonsense；可用的有 {VERBS}",
        ),
        (["diagnose", "--top", "0", CAPTURE], "--top must be a whole number, 1 or more", "--top 必须是不小于 1 的整数"),
        (
            ["diagnose", "--fail-on", "worst", CAPTURE],
            "--fail-on must be one of info, warning, critical",
            "--fail-on 只能是下列之一：info, warning, critical",
        ),
        (["explain", "a", "b"], "too many arguments: b", "参数过多：b"),
        (["trace", "--ladder=1", CAPTURE], "--ladder takes no value", "--ladder 不带值"),
    ],
)
def test_mistakes_on_the_command_line_are_told_in_both_languages(
    arguments: list[str], english: str, chinese: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--lang", "en", *arguments]) == run(["--lang", "zh", *arguments]) == Exit.UNUSABLE
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"estab: {english}") and second.startswith(f"estab: {chinese}")


def test_what_is_not_foreseen_is_said_in_the_words_of_click() -> None:
    assert wording(click.UsageError("The moon is full.")) == "The moon is full."
