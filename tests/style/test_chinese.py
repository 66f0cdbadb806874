"""Chinese texts are set as Chinese is set: full-width marks, a space between Chinese and Latin, half-width marks in code and numbers."""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.style.source_tree import ROOT

pytest.importorskip("babel")

CATALOGUES = sorted((ROOT / "src" / "estab" / "locale" / "zh_CN").glob("*.po"))
PAGES = ("README.zh-CN.md", "examples/README.zh-CN.md", "docs/zh/drill.md", "docs/zh/lab.md")

_CHINESE = "\u4e00-\u9fff"
_FULL = "，。；：、！？（）《》"
# What is code keeps its own marks: calls such as bind(地址, 0), and *:端口 as ss writes it.
_CODE = re.compile(r"(?a:\w)+\([^()]*\)|\*:\w+|<[^<>]*>")

RULES = {
    "a half-width mark beside Chinese": re.compile(f"[{_CHINESE}][,;:!?()]|[,;:!?(] ?[{_CHINESE}]|[{_CHINESE}]\\.(?:\\s|$)"),
    "a space beside a full-width mark": re.compile(f"[{_FULL}] |(?<!·) [{_FULL}]"),
    "no space between Chinese and Latin": re.compile(f"[{_CHINESE}][A-Za-z0-9]|[A-Za-z0-9%][{_CHINESE}]"),
    # What stands for a bracket, or for a text that is Chinese itself, needs none.
    "no space between Chinese and a value": re.compile(
        f"[{_CHINESE}]{{(?!limit|hint)\\w+|{{(?!limit|connections|packets)\\w+}}[{_CHINESE}]"
    ),
    "a space within Chinese": re.compile(f"[{_CHINESE}] [{_CHINESE}]"),
    "straight quotes around Chinese": re.compile(f"[\"'][{_CHINESE}]|[{_CHINESE}][\"']"),
    "a space before a percent sign": re.compile(r"[\d}] %"),
    "three dots": re.compile(f"[{_CHINESE}]\\.\\.\\."),
    "a word the glossary spells otherwise": re.compile("头部|数据包|握手包|状态转换|状态转移|回滚|服务器端|用户端|缺省|套接口|三路握手"),
}


def defects(text: str) -> list[str]:
    """What is wrong with a Chinese text, each with the place; a text without Chinese has no defects."""
    if not re.search(f"[{_CHINESE}]", text):
        return []
    plain = _CODE.sub("X", text)
    return [f"{name}: {plain[max(0, hit.start() - 8) : hit.end() + 8]}" for name, rule in RULES.items() for hit in rule.finditer(plain)]


def prose(page: str) -> list[str]:
    """The lines of a Markdown page, and cells of its tables, without code, targets of links and comments."""
    page = re.sub(r"```.*?```|<!--.*?-->", "", page, flags=re.DOTALL)
    page = re.sub(r"`[^`]*`", "X", page)
    page = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", page)
    return [re.sub(r"^[#*>\s-]+|\*\*", "", part).strip() for line in page.splitlines() for part in line.split("|")]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_translations_are_set_as_chinese_is(path: pathlib.Path) -> None:
    from tools.catalogue import read_entries

    found = [f"{path.name}:{entry.line}: {defect}" for entry in read_entries(path) for defect in defects(entry.translation)]
    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_set_as_chinese_is(name: str) -> None:
    lines = prose((ROOT / name).read_text(encoding="utf-8"))
    assert [defect for line in lines for defect in defects(line)] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("连接被拒绝，重试", False),
        ("连接被拒绝,重试", True),
        ("连接(半打开)", True),
        ("若先 bind(地址, 0) 再连接", False),
        ("双栈监听显示为 *:端口。", False),
        ("第 0、1、3 秒（63 s）", False),
        ("状态： CLOSE-WAIT", True),
        ("状态CLOSE-WAIT", True),
        ("占 33.3%", False),
        ("共 {count} 个", False),
        ("共{count} 个", True),
        ("共 {count}个", True),
        ("截断{limit}", False),
        ("占 33.3 %", True),
        ("占 {percent} %", True),
        ("“需要分片”", False),
        ('"需要分片"', True),
        ("等待...", True),
        ("连接 被拒绝", True),
        ("TCP 头部", True),
        ("提示 1（用 -v 显示）", False),
        ("no Chinese, so: anything (goes)", False),
    ],
)
def test_what_counts_as_a_defect(text: str, wrong: bool) -> None:
    assert bool(defects(text)) is wrong


def test_code_and_links_of_a_page_are_no_prose() -> None:
    page = "# 标题\n```sh\na,中\n```\n见 `x,中` 和[说明](a,b.md)。<!-- 中,x -->\n"
    assert [defect for line in prose(page) for defect in defects(line)] == []
    assert "见 X 和说明。" in prose(page)
