from __future__ import annotations

import dataclasses

import pytest

from estab.explain.page import Kind, Listing, Page, Section
from estab.text import msg


def test_a_page_cannot_be_changed() -> None:
    page = Page(Kind.CODE, "a.b", msg("x"), (Section(msg("y"), (Listing(("z",)),)),))
    with pytest.raises(dataclasses.FrozenInstanceError):
        page.topic = "c.d"  # type: ignore[misc]


def test_kinds_have_the_names_of_the_json_schema() -> None:
    assert [kind.value for kind in Kind] == ["code", "state", "knob"]
