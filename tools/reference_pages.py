"""The reference in `docs`, in both languages: `python -m tools.reference_pages write | check`.

`cli*.md` is what `--help` of the program and of each verb prints.  `findings*.md`, `states*.md` and `knobs*.md` are the pages that
`estab explain` shows.  All of it comes from the declarations in the program; `check` says which file differs from them.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import pathlib
import sys
from collections.abc import Iterator, Sequence
from unittest import mock

from estab.cli.main import cli, run
from estab.explain.lookup import explain, topics
from estab.explain.page import Block, Kind, Listing, Page, Rows
from estab.text import Text, Translator

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
SUFFIXES = {"en": "", "zh_CN": ".zh-CN"}

CLI_HEADS = {
    "en": "# Commands\n\nWhat `--help` prints, for the program and for each verb; with `estab --lang zh …` in Chinese.\n",
    "zh_CN": "# 命令\n\n程序和每个子命令的 `--help` 输出;英文用 `estab --lang en …`。\n",
}
EXPLAIN_HEADS = {
    Kind.CODE: {
        "en": "# Findings\n\nEvery code of a finding: what it means, what is evidence for it, what else looks like it, what to do.\n",
        "zh_CN": "# 发现\n\n全部发现代码:含义、证据、容易混淆的情况,以及处置建议。\n",
    },
    Kind.STATE: {
        "en": "# States\n\nThe states of RFC 9293: how a connection comes into each, and how it leaves.\n",
        "zh_CN": "# 状态\n\nRFC 9293 的各个状态:连接怎样进入,怎样离开。\n",
    },
    Kind.KNOB: {
        "en": "# Knobs\n\nSettings of Linux that matter to TCP: default, range, scope, and what they really do.\n",
        "zh_CN": "# 内核参数\n\n与 TCP 有关的 Linux 设置:默认值、取值范围、作用范围,以及真正的作用。\n",
    },
}
NAMES = {Kind.CODE: "findings", Kind.STATE: "states", Kind.KNOB: "knobs"}


def pages() -> dict[str, str]:
    """All files: name below `docs`, and text."""
    result = {}
    for language, suffix in SUFFIXES.items():
        result[f"cli{suffix}.md"] = _cli_page(language)
        text = Translator(language)
        for kind in Kind:
            sections = [line for topic in topics() if topic.kind is kind for line in _topic(explain(topic.name), text)]
            result[f"{NAMES[kind]}{suffix}.md"] = "\n".join([EXPLAIN_HEADS[kind][language], *sections])
    return result


def _cli_page(language: str) -> str:
    verbs: list[list[str]] = [[], *([name] for name in cli.commands)]
    sections = [f"## {' '.join(['estab', *verb])}\n\n```text\n{_help(language, verb)}```\n" for verb in verbs]
    return "\n".join([CLI_HEADS[language], *sections])


def _help(language: str, verb: Sequence[str]) -> str:
    """What `--help` prints, 100 columns wide."""
    printed = io.StringIO()
    with mock.patch.dict("os.environ", {"COLUMNS": "100"}), contextlib.redirect_stdout(printed):
        status = run(["--lang", language, *verb, "--help"])
    if status:
        raise RuntimeError(f"estab {' '.join(verb)} --help ended with status {status}")
    return "\n".join(line.rstrip() for line in printed.getvalue().strip("\n").splitlines()) + "\n"


def _topic(page: Page, text: Translator) -> Iterator[str]:
    """One page of `estab explain` as Markdown lines."""
    yield f"## {page.topic}\n"
    yield f"{_safe(text(page.title))}\n"
    for section in page.sections:
        yield f"### {_safe(text(section.heading))}\n"
        for block in section.body:
            yield from _block(block, text)
            yield ""


def _block(block: Block, text: Translator) -> Iterator[str]:
    if isinstance(block, Listing):
        for number, item in enumerate(block.items, 1):
            yield f"{f'{number}.' if block.numbered else '*'} {_cell(item, text)}"
    elif isinstance(block, Rows):
        yield from _table(block, text)
    else:
        yield _safe(text(block))


def _table(table: Rows, text: Translator) -> Iterator[str]:
    width = len(table.rows[0]) if table.rows else len(table.columns)
    heads = [_cell(column, text) for column in table.columns] or [""] * width
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * width}"
    for row in table.rows:
        yield f"| {' | '.join(_cell(cell, text).replace('|', chr(92) + '|') for cell in row)} |"


def _cell(words: Text | str, text: Translator) -> str:
    return _safe(words if isinstance(words, str) else text(words))


def _safe(words: str) -> str:
    """Words without what Markdown would take for markup of its own."""
    return " ".join(words.replace("<", "&lt;").replace("*", chr(92) + "*").split())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; `check` ends with status 1 where a file differs."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("verb", choices=["write", "check"])
    given = ask.parse_args(arguments)
    differing = 0
    for name, page in pages().items():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == page:
            continue
        if given.verb == "write":
            path.write_text(page, encoding="utf-8")
            print(f"docs/{name} written")
        else:
            print(f"docs/{name} is not what the program says; run: python -m tools.reference_pages write")
            differing += 1
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
