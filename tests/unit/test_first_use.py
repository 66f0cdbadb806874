from __future__ import annotations

import os
import pathlib
import subprocess
import sys

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "normal_client_closes.client.pcap"
PROGRAM = """
import sys
from estab import lives
from estab.first_use import compile_side_by_side
compile_side_by_side(sys.argv[1])
print(lives.is_cached())
"""


def run(cache: pathlib.Path, home: pathlib.Path) -> str:
    environment = {**os.environ, "ESTAB_CACHE_DIR": str(cache), "HOME": str(home)}
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-c", PROGRAM, str(EXAMPLE)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_both_halves_are_in_the_cache_afterwards(tmp_path: pathlib.Path) -> None:
    assert run(tmp_path / "cache", tmp_path) == "True"
    kept = sorted(path.name for path in (tmp_path / "cache").rglob("*.nbc"))
    assert any(name.startswith("loop.feed") for name in kept), kept
    assert any(name.startswith("dissect.") or "walk" in name for name in kept), kept


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: pathlib.Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the cache should be a folder")
    assert run(blocked, tmp_path) == "False"
