"""The benchmark of live sockets runs, with few of them."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.interop.namespaces import missing

WHY_NOT = missing()


@pytest.mark.peer
@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_every_program_sees_the_crowd() -> None:
    command = [sys.executable, "-m", "benchmarks.live_sockets", "--sockets", "120", "--time-waits", "5", "--repeat", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("126 sockets")
    assert len(re.findall(r"^\| (?:ss|table|estab|read_sockets)", done.stdout, re.MULTILINE)) == 7
