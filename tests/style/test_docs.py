"""Documents in step: what the commands can do is documented, what is documented exists, and both languages say the same."""

from __future__ import annotations

import pathlib
import re
import shlex
import subprocess
from collections.abc import Iterator

import click
import pytest

from estab.cli.main import cli
from estab.diagnose.catalog import all_rules
from estab.explain.lookup import topics
from estab.explain.page import Kind
from estab.knobs.catalog import KNOBS
from tests.style.source_tree import ROOT
from tools.readme import READMES, stale

PAIRS = {
    "README.md": "README.zh-CN.md",
    "examples/README.md": "examples/README.zh-CN.md",
    "docs/cli.md": "docs/zh/cli.md",
    "docs/live.md": "docs/zh/live.md",
    "docs/api.md": "docs/zh/api.md",
    "docs/drill.md": "docs/zh/drill.md",
    "docs/lab.md": "docs/zh/lab.md",
    "docs/reference/codes.md": "docs/zh/reference/codes.md",
    "docs/reference/states.md": "docs/zh/reference/states.md",
    "docs/reference/knobs.md": "docs/zh/reference/knobs.md",
}

# Spelled so that this file does not hold them.
WORKPLACE = re.compile(r"(?<![\w.])/(wor[k]|far[m]|opt/e[v]|opt/py[p]i|opt/whee[l]s)(/|\b)|hous[e]\.md")


def tracked_files() -> list[pathlib.Path]:
    """The text files of the project, as git knows them, or all where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = done.stdout.split("\0") if done.returncode == 0 else [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def code_blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def commands(page: str) -> Iterator[list[str]]:
    """The words of each shell command in the code blocks of a page, without comments."""
    for block in code_blocks(page, "sh"):
        for line in block.splitlines():
            for command in line.split("&&"):
                if words := shlex.split(command, comments=True):
                    yield words


def all_commands() -> dict[str, set[str]]:
    """Every command of the program with its options: `{"trace": {"--json", …}}`; the program itself is the empty name."""
    result: dict[str, set[str]] = {}

    def visit(name: str, command: click.Command) -> None:
        options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
        result[name] = {flag for option in options for flag in (*option.opts, *option.secondary_opts)}
        for child, sub in (command.commands if isinstance(command, click.Group) else {}).items():
            if not sub.hidden:
                visit(f"{name} {child}".strip(), sub)

    visit("", cli)
    return result


@pytest.mark.parametrize(("english", "chinese"), PAIRS.items())
def test_both_languages_have_the_same_code_blocks(english: str, chinese: str) -> None:
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in (english, chinese)]
    assert code_blocks(pages[0], "sh") == code_blocks(pages[1], "sh")
    assert pages[0].count("\n#") == pages[1].count("\n#")


@pytest.mark.parametrize("page", [PAIRS["docs/cli.md"], "docs/cli.md"])
def test_every_command_and_option_is_documented(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    missing = [
        f"{command} {option}".strip()
        for command, options in all_commands().items()
        for option in (f"estab {command}".strip(), *options)
        if option not in text
    ]
    assert missing == []


def test_every_finding_and_knob_has_its_page() -> None:
    names = {kind: [topic.name for topic in topics() if topic.kind is kind] for kind in Kind}
    assert {loaded.rule.code for loaded in all_rules()} <= set(names[Kind.CODE])
    assert set(names[Kind.KNOB]) == set(KNOBS)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_commands_of_the_readme_exist(readme: pathlib.Path) -> None:
    known = all_commands()
    used = [words[1:] for words in commands(readme.read_text(encoding="utf-8")) if words[0].endswith("bin/estab")]
    assert len(used) >= 4
    for verb, *rest in used:
        assert verb in known
        assert {word for word in rest if word.startswith("--")} <= known[verb] | known[""]


@pytest.mark.parametrize("page", [path for path in tracked_files() if path.suffix == ".md"], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_names_exists(page: pathlib.Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [target for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if not re.match(r"[a-z]+:", target)]
    assert [target for target in links if not (page.parent / target).exists()] == []
    if page in READMES:
        files = {word for words in commands(text) for word in words if re.match(r"(examples|tools|benchmarks|docs)/", word)}
        assert [name for name in files if not (ROOT / name).exists()] == []
        assert files


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_output_shown_in_the_readme_is_real(readme: pathlib.Path) -> None:
    page = readme.read_text(encoding="utf-8")
    assert page.count("<!-- output:begin estab ") == page.count("<!-- output:end -->") >= 1
    assert stale(page) == [], "run: python -m tools.readme write"


@pytest.mark.parametrize("capture", sorted((ROOT / "examples").glob("*.pcap")), ids=lambda path: path.name)
@pytest.mark.parametrize("page", ["examples/README.md", "examples/README.zh-CN.md"])
def test_every_example_is_described(capture: pathlib.Path, page: str) -> None:
    assert f"`{capture.name}`" in (ROOT / page).read_text(encoding="utf-8")


def test_nothing_tells_of_the_place_where_it_was_written() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in WORKPLACE.finditer(text)]
    assert found == []


def test_words_of_the_workplace_are_seen() -> None:
    for place in ("wor" + "k", "far" + "m", "opt/e" + "v", "opt/py" + "pi"):
        assert WORKPLACE.search(f"see /{place}/x")
    assert not WORKPLACE.search("docs/network/x, a framework/")
