"""What the measuring says about programs whose cost is known."""

from __future__ import annotations

import sys

import pytest

from benchmarks.compare import spread, table
from benchmarks.measure import Cost, run


def test_a_run_has_its_status_and_its_first_word() -> None:
    cost = run([sys.executable, "-c", "print('word'); raise SystemExit(3)"])
    assert cost.status == 3
    assert cost.first_word_s is not None
    assert cost.first_word_s <= cost.wall_s


def test_a_silent_run_has_no_first_word() -> None:
    assert run([sys.executable, "-c", ""]).first_word_s is None


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_memory_of_its_own_is_seen_also_in_a_child() -> None:
    hold = "import time; held = bytearray(64 << 20); print('x', flush=True); time.sleep(0.2)"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    assert run([sys.executable, "-c", hold]).anonymous_mb > 64
    assert run([sys.executable, "-c", nested]).anonymous_mb > 64


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        run(["a-program-that-does-not-exist"])


def test_the_table_compares_round_by_round() -> None:
    costs = {
        "estab diagnose": [Cost(1.0, 1.0, 100, 50, 0.1, 0), Cost(2.0, 1.0, 100, 50, 0.1, 0)],
        "peer": [Cost(10.0, 9.0, 400, 300, 0.1, 0), Cost(30.0, 9.0, 400, 300, 0.1, 0)],
    }
    assert spread([3, 1, 2]) == "2.00 (1.00–3.00)"
    assert "| peer | 20.00 (10.00–30.00) | 12.50 (10.00–15.00) |" in table(costs)
