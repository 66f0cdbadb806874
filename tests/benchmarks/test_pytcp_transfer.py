"""The other stack's transfer says so where that stack is not installed."""

from __future__ import annotations

import importlib.util

import pytest

from benchmarks.lab_speed import main as speed
from benchmarks.pytcp_transfer import NOT_INSTALLED, main


@pytest.mark.skipif(importlib.util.find_spec("pmd_pytcp") is not None, reason="pmd-pytcp is installed")
def test_without_the_other_stack_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--bytes", "1000"]) == NOT_INSTALLED
    assert speed(["--bytes", "100000", "--repeat", "1"]) == 0
    said = capsys.readouterr()
    assert "not installed" in said.err and "pmd-pytcp" not in said.out


@pytest.mark.skipif(importlib.util.find_spec("pmd_pytcp") is None, reason="pmd-pytcp is not installed")
def test_the_other_stack_transfers_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--bytes", "200000"]) == 0
    assert float(capsys.readouterr().out) > 0
