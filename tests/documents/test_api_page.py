"""What docs/api.md shows runs as it stands there, and the Chinese page shows the same."""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.documents.test_schemas import SCHEMAS

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = (ROOT / "docs" / "api.md", ROOT / "docs" / "zh" / "api.md")


def code_of(page: pathlib.Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def test_the_examples_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    examples = code_of(PAGES[0])
    assert len(examples) >= 5
    for example in examples:
        exec(example, names)
    assert code_of(PAGES[1]) == examples


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_every_schema_is_named(page: pathlib.Path) -> None:
    assert set(re.findall(r"schemas/(\S+?\.json)", page.read_text())) == {path.name for path in SCHEMAS.glob("*.json")}
