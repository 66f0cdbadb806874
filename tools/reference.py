"""The reference pages in Markdown: `python -m tools.reference write | check`.

Codes, states and knobs are declared once, in `estab.explain` and `estab.knobs`; what `estab explain` shows on the screen stands here for
reading in a browser, in English below `docs/reference` and in Chinese below `docs/zh/reference`.  `docs/cli.md` and `docs/zh/cli.md`
are what `--help` of the program and of each verb prints.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import pathlib
import re
import sys
from collections.abc import Iterator, Sequence
from unittest import mock

import click

from estab.cli.main import cli, run
from estab.explain.lookup import Topic, explain, topics
from estab.explain.page import Block, Kind, Listing, Page, Rows
from estab.explain.render import say
from estab.text import Translator

ROOT = pathlib.Path(__file__).resolve().parents[1]

FOLDERS = {"en": ROOT / "docs", "zh_CN": ROOT / "docs" / "zh"}

_FILES = {Kind.CODE: "reference/codes.md", Kind.STATE: "reference/states.md", Kind.KNOB: "reference/knobs.md"}
_CLI_HEADS = {
    "en": ("Commands", "What `--help` prints, for the program and for each verb; `estab --lang zh …` prints it in Chinese."),
    "zh_CN": ("命令", "程序和每个子命令的 `--help` 输出；`estab --lang en …` 输出英文。"),
}

_HEADS = {
    ("en", Kind.CODE): (
        "Codes of findings",
        "Every code is permanent: it is never reused or renamed. `estab explain CODE` shows one page.",
    ),
    ("en", Kind.STATE): ("States", "The eleven states of RFC 9293. `estab explain STATE` shows one page, in any usual spelling."),
    ("en", Kind.KNOB): ("Knobs", "Settings of the kernel and of sockets, and what they really do. `estab explain KNOB` shows one page."),
    ("zh_CN", Kind.CODE): ("诊断代码", "代码永久有效，不会复用，也不会改名。`estab explain CODE` 显示单页。"),
    ("zh_CN", Kind.STATE): ("状态", "RFC 9293 的十一个状态。`estab explain STATE` 显示单页，各种常见写法都可以。"),
    ("zh_CN", Kind.KNOB): ("参数", "内核参数与套接字选项的实际作用。`estab explain KNOB` 显示单页。"),
}

_MARK = "<!-- Written by `python -m tools.reference write`: change the declarations, not this page. -->"


def documents() -> dict[pathlib.Path, str]:
    """Every page's path and its content."""
    pages = {folder / _FILES[kind]: document(kind, language) for language, folder in FOLDERS.items() for kind in Kind}
    return pages | {folder / "cli.md": cli_document(language) for language, folder in FOLDERS.items()}


def cli_document(language: str) -> str:
    """The help of the program and of each verb."""
    title, introduction = _CLI_HEADS[language]
    sections = [f"## {' '.join(['estab', *verb])}\n\n```text\n{_help(language, verb)}```\n" for verb in _verbs(cli, [])]
    return "\n".join([_MARK, "", f"# {title}", "", introduction, "", *sections])


def _verbs(command: click.Command, words: list[str]) -> Iterator[list[str]]:
    """The words of a command and of all below it."""
    yield words
    for name, below in command.commands.items() if isinstance(command, click.Group) else ():
        yield from _verbs(below, [*words, name])


def _help(language: str, verb: Sequence[str]) -> str:
    """What `--help` prints, 100 columns wide."""
    printed = io.StringIO()
    with mock.patch.dict("os.environ", {"COLUMNS": "100"}), contextlib.redirect_stdout(printed):
        status = run(["--lang", language, *verb, "--help"])
    if status:
        raise RuntimeError(f"estab {' '.join(verb)} --help ended with status {status}")
    return "\n".join(line.rstrip() for line in printed.getvalue().strip("\n").splitlines()) + "\n"


def document(kind: Kind, language: str) -> str:
    """One file: an index, then the pages of all topics of that kind."""
    translator = Translator(language)
    title, introduction = _HEADS[language, kind]
    listed = [topic for topic in topics() if topic.kind is kind]
    lines = [_MARK, "", f"# {title}", "", introduction, "", *_index(listed, translator)]
    for topic in listed:
        lines += _page_lines(explain(topic.name), translator)
    return "\n".join(lines) + "\n"


def _index(listed: Sequence[Topic], translator: Translator) -> Iterator[str]:
    seen: collections.Counter[str] = collections.Counter()
    yield "| | |"
    yield "| --- | --- |"
    for topic in listed:
        anchor = anchor_of(topic.name)
        link = f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor
        seen[anchor] += 1
        yield f"| [{topic.name}](#{link}) | {escape(translator(topic.title))} |"


def anchor_of(heading: str) -> str:
    """The anchor that GitHub gives a heading.

    >>> anchor_of("close.close_wait_leak"), anchor_of("TIME-WAIT")
    ('closeclose_wait_leak', 'time-wait')
    """
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def escape(text: str) -> str:
    """A text without anything that Markdown would take for markup."""
    return re.sub(r"([*<>|`\\])", r"\\\1", text)


def _page_lines(page: Page, translator: Translator) -> Iterator[str]:
    yield from ("", f"## {page.topic}", "", f"**{escape(translator(page.title))}**")
    for section in page.sections:
        yield from ("", f"### {escape(translator(section.heading))}")
        for block in section.body:
            yield ""
            yield from _block_lines(block, translator)


def _block_lines(block: Block, translator: Translator) -> Iterator[str]:
    if isinstance(block, Listing):
        for number, item in enumerate(block.items, 1):
            yield f"{f'{number}.' if block.numbered else '-'} {escape(say(item, translator))}"
    elif isinstance(block, Rows):
        columns = [escape(translator(column)) for column in block.columns] or [""] * len(block.rows[0])
        yield f"| {' | '.join(columns)} |"
        yield f"|{' --- |' * len(columns)}"
        for row in block.rows:
            yield f"| {' | '.join(escape(say(cell, translator)) for cell in row)} |"
    else:
        yield escape(translator(block))


def stale() -> list[str]:
    """The pages whose file is missing or says something else."""
    return [
        str(path.relative_to(ROOT))
        for path, content in documents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description="Write or check the reference pages.")
    parser.add_argument("verb", choices=("write", "check"))
    if parser.parse_args(arguments).verb == "check":
        found = stale()
        print("\n".join(f"{path} is not current: run python -m tools.reference write" for path in found) or "the reference is current")
        return 1 if found else 0
    for path, content in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
