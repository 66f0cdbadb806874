"""The build machine's script: sound shell, and the tests it runs are those that the README names."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / ".ci" / "run"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def extraction() -> str:
    """The line of the script that takes the test command out of the README."""
    (line,) = [line for line in SCRIPT.read_text(encoding="utf-8").splitlines() if line.startswith("command_line=")]
    return line


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_command_comes_from_the_readme(readme: str) -> None:
    page = (ROOT / readme).read_text(encoding="utf-8")
    block = re.search(r"<!-- tests:begin -->\n```sh\n(.*)\n```\n<!-- tests:end -->", page)
    assert block, "the test command is one line between its two markers"
    script = f'{extraction()}\nprintf "%s" "$command_line"'.replace("README.md", readme)
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == block[1]
    assert "-m pytest" in done.stdout


def test_the_script_runs_that_command_and_nothing_else_of_pytest() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    assert 'bash -c "$command_line"' in script
    assert "pytest -" not in script


def test_the_script_is_sound_and_executable() -> None:
    subprocess.run(["bash", "-n", SCRIPT], check=True)
    assert os.access(SCRIPT, os.X_OK)
