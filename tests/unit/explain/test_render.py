from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from estab.explain.lookup import explain, topics
from estab.explain.page import Kind, Listing, Page, Rows, Section
from estab.explain.render import SCHEMA, page_to_dict, render_text
from estab.text import Translator, msg

PAGE = Page(
    Kind.CODE,
    "a.b",
    msg("A title"),
    (
        Section(msg("First"), (msg("A paragraph."), Listing((msg("one"), "two"), numbered=True))),
        Section(msg("Second"), (Rows((msg("Left"), msg("Right")), (("x", msg("long enough to be broken into two lines")),)),)),
    ),
)
NAMES = [topic.name for topic in topics()]


def test_layout_of_headings_paragraphs_lists_and_tables() -> None:
    assert render_text(PAGE, Translator("en"), 40).splitlines() == [
        "a.b  A title",
        "============",
        "",
        "First",
        "  A paragraph.",
        "  1. one",
        "  2. two",
        "",
        "Second",
        "  Left  Right",
        "  x     long enough to be broken into",
        "        two lines",
    ]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_wider_than_80_columns(name: str, language: str) -> None:
    lines = render_text(explain(name), Translator(language)).splitlines()
    assert [line for line in lines if cell_len(line) > 80] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", ["close.close_wait_leak", "TIME-WAIT", "nf_conntrack_tcp_timeout_established"])
def test_narrow_terminals_are_obeyed(name: str, language: str) -> None:
    assert all(cell_len(line) <= 48 for line in render_text(explain(name), Translator(language), 48).splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_the_chinese_page_is_chinese_and_leaves_no_placeholder(name: str) -> None:
    english, chinese = (render_text(explain(name), Translator(language)) for language in ("en", "zh_CN"))
    assert "相关" in chinese or "参考" in chinese
    assert not any(placeholder in english + chinese for placeholder in ("{code}", "{cause}", "{condition}", "{difference}", "{source}"))
    headings = [section.heading for section in explain(name).sections]
    assert all(Translator("zh_CN")(heading) != heading.message for heading in headings)


def test_json_holds_the_whole_page() -> None:
    assert page_to_dict(PAGE, Translator("en")) == {
        "schema": SCHEMA,
        "language": "en",
        "kind": "code",
        "topic": "a.b",
        "title": "A title",
        "sections": [
            {
                "heading": "First",
                "body": [{"type": "paragraph", "text": "A paragraph."}, {"type": "list", "numbered": True, "items": ["one", "two"]}],
            },
            {
                "heading": "Second",
                "body": [{"type": "table", "columns": ["Left", "Right"], "rows": [["x", "long enough to be broken into two lines"]]}],
            },
        ],
    }


@pytest.mark.parametrize("name", ["rst.abort", "LISTEN", "somaxconn"])
def test_json_of_real_pages_is_serializable_in_chinese(name: str) -> None:
    written = json.loads(json.dumps(page_to_dict(explain(name), Translator("zh_CN"))))
    assert (written["schema"], written["topic"], written["language"]) == ("estab.explain/1", name, "zh_CN")


def test_headings_are_emphasised_and_nothing_else() -> None:
    text = render_text(explain("tcp_sack"), Translator("en"), 80, lambda line: f"*{line}*")
    marked = [line for line in text.splitlines() if line.startswith("*")]
    assert marked[0] == "*tcp_sack  Selective acknowledgement*" and "*References*" in marked
    assert text.replace("*", "") == render_text(explain("tcp_sack"), Translator("en"), 80).replace("*", "")
