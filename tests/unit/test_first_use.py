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
from estab.track.loop import feed
from estab.wire.dissect import dissect_records
compile_side_by_side(sys.argv[1])
print(lives.is_cached(feed, dissect_records))
"""


def run(cache: pathlib.Path, home: pathlib.Path) -> str:
    environment = {**os.environ, "ESTAB_CACHE_DIR": str(cache), "HOME": str(home)}
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-c", PROGRAM, str(EXAMPLE)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_both_halves_are_in_the_cache_afterwards(tmp_path: pathlib.Path) -> None:
    assert run(tmp_path / "cache", tmp_path) == "True"
    kept = {path.name.split("-")[0] for path in (tmp_path / "cache").rglob("*.o")}
    assert kept == {"estab.track.loop.feed", "estab.wire.dissect.dissect_records", "estab.wire.formats.pcap.walk_pcap"}


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: pathlib.Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the cache should be a folder")
    assert run(blocked, tmp_path) == "False"
