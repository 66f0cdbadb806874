"""Starting is quick because little is imported: not numpy for help, not the compiler for a small capture."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

HEAVY = ("numpy", "numba", "llvmlite", "rich", "isal", "zstandard", "lz4")

REPORT = "import sys; print(*[name for name in {names} if name in sys.modules], file=sys.stderr)"


def loaded_by(source: str, names: tuple[str, ...], root: pathlib.Path) -> list[str]:
    """Which of the named modules a fresh interpreter has loaded after running a source."""
    body = f"import sys\nsys.path.insert(0, {str(root / 'src')!r})\ntry:\n"
    body += "".join(f"    {line}\n" for line in source.splitlines())
    body += f"except SystemExit:\n    pass\n{REPORT.format(names=names)}"
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, check=True, timeout=120)
    return done.stderr.split()


def test_the_probe_sees_what_is_loaded(root: pathlib.Path) -> None:
    assert loaded_by("import json\nraise SystemExit", ("json", "numpy"), root) == ["json"]


def test_importing_estab_is_light(root: pathlib.Path) -> None:
    assert loaded_by("import estab", HEAVY, root) == []


@pytest.mark.parametrize("arguments", [["--help"], ["diagnose", "--help"], ["trace", "--help"]], ids=" ".join)
def test_help_is_light(arguments: list[str], root: pathlib.Path) -> None:
    source = f"sys.argv = {['estab', *arguments]!r}\nimport runpy\nrunpy.run_module('estab', run_name='__main__')"
    assert loaded_by(source, HEAVY, root) == []


def test_python_dash_m_estab_is_the_command(root: pathlib.Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "estab", "--help"], cwd=root / "src", capture_output=True, text=True, check=True, timeout=120
    )
    assert "diagnose" in done.stdout


@pytest.mark.parametrize("call", ["trace", "diagnose"])
def test_a_small_capture_is_read_without_the_compiler(call: str, root: pathlib.Path) -> None:
    capture = root / "examples" / "accept_overflow_synack.server.pcap"
    source = f"import estab\nestab.{call}({str(capture)!r}).to_dict()"
    assert loaded_by(source, ("numba", "llvmlite", "rich"), root) == []
