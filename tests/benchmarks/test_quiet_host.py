"""The benchmark of a quiet host runs, for a moment."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.interop.namespaces import missing

WHY_NOT = missing()


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_each_part_is_told() -> None:
    command = [sys.executable, "-m", "benchmarks.quiet_host", "--seconds", "0.2", "--repeat", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0.2 s between the readings")
    assert re.findall(r"^\| (\S.*?) \| [\d.]+ \(", done.stdout, re.MULTILINE) == ["diagnosis", "command", "numpy alone"]
