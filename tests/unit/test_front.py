"""The package itself: its calls keep their names although packages of the same names are imported behind them."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

import estab

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("before", ["", "import estab.diagnose.run\n", "from estab.diagnose import run\n", "estab.diagnose\n"])
def test_the_calls_stay_calls(before: str) -> None:
    source = f"import estab\n{before}print(callable(estab.trace), callable(estab.diagnose), estab.diagnose is estab.diagnose)"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT / "src", capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 3


def test_a_capture_is_traced_and_diagnosed_one_after_the_other() -> None:
    capture = ROOT / "examples" / "normal_client_closes.client.pcap"
    for _ in range(2):
        assert estab.trace(capture).to_dict()["schema"] == "estab.trace/1"
        assert estab.diagnose(capture).to_dict()["schema"] == "estab.diagnosis/1"


def test_errors_are_those_that_the_calls_raise() -> None:
    with pytest.raises(estab.InputError, match="nowhere"):
        estab.trace("/nowhere/at/all.pcap")
    with pytest.raises(estab.MisuseError):
        estab.trace()


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="unheard_of"):
        _ = estab.unheard_of  # type: ignore[attr-defined]
