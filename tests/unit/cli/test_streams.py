"""Standard output that cannot be written."""

from __future__ import annotations

import pathlib
import shlex
import subprocess
import sys

import pytest

ESTAB = (sys.executable, "-m", "estab")
CAPTURE = pathlib.Path(__file__).resolve().parent.parent.parent / "data" / "captures" / "close_wait_leak.client.pcap"


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", ["trace", "trace --json", "trace --csv", "diagnose", "diagnose --json"])
def test_a_full_disk_is_one_clear_line(words: str) -> None:
    with pathlib.Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run([*ESTAB, *words.split(), str(CAPTURE)], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "estab: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("closing", [">&-", ">&- 2>&-", "2>&-"])
def test_closed_streams_are_no_accident(closing: str) -> None:
    command = f"{shlex.join([*ESTAB, 'trace', str(CAPTURE)])} {closing}"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    if closing == "2>&-":
        assert ended.returncode == 0 and "connections" in ended.stdout
    else:
        assert ended.returncode == 2 and "Traceback" not in ended.stderr
        assert ("cannot write the output: Bad file descriptor" in ended.stderr) is (closing == ">&-")
