"""A test that fails, one that is interrupted and one that is killed: whatever they had started is gone, and so are their namespaces."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from tests.provoke.programs import needs, wait_for

TOP = pathlib.Path(__file__).parents[2]

UNLUCKY = """
import pathlib, time
from tests.provoke.conftest import lab
from tests.provoke.test_healthy import busy

def family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]

def test_unlucky(lab, busy):
    client, server = lab.linked()
    lab.wired()
    program = busy.start(server, "sh", "-c", "sleep 300 & sleep 300")
    while len(family(program.pid)) < 3:
        time.sleep(0.02)
    started = family(PID)[1:]
    written = pathlib.Path(FILE + ".part")
    written.write_text("".join(f"{pid} {pathlib.Path(f'/proc/{pid}/ns/net').readlink()}\\n" for pid in started))
    written.rename(FILE)
    ENDING
"""


def start(folder: pathlib.Path, ending: str) -> tuple[subprocess.Popen[bytes], dict[int, str]]:
    """Runs a test that ends so; what it has started, and in which network namespaces."""
    told, script = folder / "started", folder / "test_unlucky.py"
    script.write_text(
        UNLUCKY.replace("ENDING", ending).replace("FILE", repr(str(told))).replace("PID", "__import__('os').getpid()"), encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(folder), str(script)]
    process = subprocess.Popen(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(TOP)}, stdout=subprocess.PIPE)
    wait_for(told.exists, 30)
    rows = [line.split() for line in told.read_text().splitlines()]
    return process, {int(pid): namespace for pid, namespace in rows}


def own_namespace() -> str:
    """The network namespace of this process."""
    return str(pathlib.Path("/proc/self/ns/net").readlink())


def still_there(started: dict[int, str]) -> list[str]:
    """Processes that were started, or that live in a namespace that was made."""
    left, made = [], set(started.values()) - {own_namespace()}
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                namespace = str((folder / "ns/net").readlink())
                gone = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if not gone and (int(folder.name) in started or namespace in made):
                left.append(f"{folder.name} {namespace}")
    return left


def devices() -> set[str]:
    """Network devices of this namespace."""
    return {entry.name for entry in pathlib.Path("/sys/class/net").iterdir()}


@pytest.mark.parametrize(
    ("ending", "number", "status"),
    [("assert False", None, 1), ("time.sleep(300)", signal.SIGINT, 2), ("time.sleep(300)", signal.SIGKILL, -signal.SIGKILL)],
    ids=["fails", "interrupted", "killed"],
)
def test_nothing_is_left(tmp_path: pathlib.Path, ending: str, number: signal.Signals | None, status: int) -> None:
    needs("setpriv", "unshare")
    before = devices()
    process, started = start(tmp_path, ending)
    try:
        assert len(started) >= 2 + 2 + 1 + 3  # hosts at a link, hosts at a wire, what starts the program, the shell and its two
        assert len(set(started.values()) - {own_namespace()}) == 2 + 2
        if number is not None:
            process.send_signal(number)
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == status
    wait_for(lambda: not still_there(started))
    assert devices() == before
