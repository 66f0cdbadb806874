from __future__ import annotations

import pathlib

from estab.machine.pages import pages
from tools.machine_pages import main


def test_every_page_is_written_into_a_folder_that_need_not_exist(tmp_path: pathlib.Path) -> None:
    assert main([str(tmp_path / "machine")]) == 0
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "machine").iterdir()} == pages()
