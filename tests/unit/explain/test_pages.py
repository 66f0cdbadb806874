from __future__ import annotations

import pytest

from estab.explain.codes.catalog import CODES
from estab.explain.page import Kind, Listing, Rows
from estab.explain.pages import code_page, knob_page
from estab.explain.render import render_text
from estab.knobs.catalog import KNOBS
from estab.text import Translator

EN = Translator("en")


def _headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith((" ", "="))][1:]


def test_a_full_code_page_has_its_sections_in_order() -> None:
    text = render_text(code_page(CODES["timewait.pileup"]), EN)
    assert _headings(text) == [
        "What it is",
        "Why it matters",
        "What to look at on the host",
        "What to look at in a capture",
        "What looks like it",
        "What to do, in this order",
        "Careful",
        "Often said, and wrong",
        "Pages that belong here",
        "References",
    ]


def test_a_page_of_a_fact_has_no_empty_sections() -> None:
    page = code_page(CODES["close.simultaneous"])
    assert page.kind is Kind.CODE
    assert all(section.body for section in page.sections)
    assert all(block.items for section in page.sections for block in section.body if isinstance(block, Listing))
    assert all(block.rows for section in page.sections for block in section.body if isinstance(block, Rows))
    assert "What to look at on the host" not in render_text(page, EN)


def test_severity_and_source_are_told() -> None:
    text = render_text(code_page(CODES["ports.exhausted"]), EN)
    assert "Severity   critical" in text and "Seen from  a capture or the live host" in text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tcp_tw_recycle", "a setting without effect"),
        ("tcp_fin_timeout", "a setting of the kernel"),
        ("nofile", "a limit of a process"),
        ("SO_LINGER", "a setting of one socket"),
    ],
)
def test_a_knob_page_says_what_kind_of_setting_it_is(name: str, kind: str) -> None:
    page = knob_page(KNOBS[name])
    assert page.title == KNOBS[name].title
    assert any("".join(line.split()) == "Kind" + "".join(kind.split()) for line in render_text(page, EN).splitlines())


def test_a_knob_page_tells_the_facts_of_the_declaration() -> None:
    text = render_text(knob_page(KNOBS["tcp_tw_reuse_delay"]), EN)
    for fact in ("net.ipv4.tcp_tw_reuse_delay", "milliseconds", "1000", "1 .. 60000", "this network namespace", "Linux 6.14"):
        assert fact in text


def test_a_knob_page_shows_choices_vectors_and_the_value_of_the_rfc() -> None:
    assert "2  for connections over loopback only" in render_text(knob_page(KNOBS["tcp_tw_reuse"]), EN)
    assert "4096 131072 6291456" in render_text(knob_page(KNOBS["tcp_rmem"]), EN)
    assert "at least 100 s (SHLD-11)" in render_text(knob_page(KNOBS["tcp_retries2"]), EN)


@pytest.mark.parametrize("name", KNOBS)
def test_every_saying_about_a_knob_is_shown_once(name: str) -> None:
    shown = "".join(render_text(knob_page(KNOBS[name]), EN, 2000).split())
    for myth in KNOBS[name].myths:
        assert shown.count("".join(myth.right.message.split())) == 1
