from __future__ import annotations

import io
import pathlib

import pytest

from estab.capture.scripts import LARGEST_BYTES, read_script, script_paths
from estab.errors import InputError


def test_a_folder_stands_for_its_scripts(tmp_path: pathlib.Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("z.pkt", "b/a.pkt", "notes.txt"):
        (tmp_path / name).write_text("0")
    assert list(script_paths([tmp_path, "x.pkt", "-"])) == [str(tmp_path / "b/a.pkt"), str(tmp_path / "z.pkt"), "x.pkt", "-"]


def test_a_folder_without_scripts(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="no packet script"):
        list(script_paths([tmp_path]))


def test_reading(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.pkt"
    path.write_text("0 µ", encoding="utf-8")
    assert read_script(str(path)) == "0 µ"
    assert read_script("-", io.BytesIO(b"0 x")) == "0 x"


@pytest.mark.parametrize(("content", "words"), [(b"\xff", "no text in UTF-8"), (b"x" * (LARGEST_BYTES + 1), "too large")])
def test_what_is_no_script(tmp_path: pathlib.Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.pkt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_script(str(path))


def test_a_missing_file_and_a_folder(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_script(str(tmp_path / "nothing.pkt"))
    with pytest.raises(InputError):
        read_script(str(tmp_path))
