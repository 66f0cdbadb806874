"""The committed reference pages say what the declarations say."""

from __future__ import annotations

import re

import pytest

from estab.explain.lookup import topics
from estab.explain.page import Kind
from tools import reference


def test_the_committed_pages_are_current() -> None:
    assert reference.stale() == [], "run python -m tools.reference write"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("kind", Kind)
def test_every_topic_has_a_heading_and_every_link_of_the_index_one_to_lead_to(kind: Kind, language: str) -> None:
    text = reference.document(kind, language)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [topic.name for topic in topics() if topic.kind is kind]
    anchors: list[str] = []
    for heading in headings:
        anchor = reference.anchor_of(heading)
        repeats = sum(reference.anchor_of(other) == anchor for other in headings[: len(anchors)])
        anchors.append(f"{anchor}-{repeats}" if repeats else anchor)
    assert re.findall(r"\]\(#([^)]+)\)", text) == anchors


def test_markup_in_texts_is_escaped() -> None:
    assert reference.escape("tcp_keepalive_* <n> a|b `x`") == r"tcp_keepalive_\* \<n\> a\|b \`x\`"


def test_a_page_that_differs_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = reference.documents()
    path = next(iter(documents))
    monkeypatch.setattr(reference, "documents", lambda: documents | {path: documents[path] + "more\n"})
    assert reference.stale() == [str(path.relative_to(reference.ROOT))]
