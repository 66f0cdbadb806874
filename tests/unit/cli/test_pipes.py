"""The program at the end of a slow pipe, and Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

from estab.cli.exit import Exit

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
CONTENT = (ROOT / "tests" / "data" / "captures" / "close_wait_leak.client.pcap").read_bytes()


def write(end: int, content: bytes) -> None:
    """Writes, and waits until the program at the other end has taken all of it."""
    os.write(end, content)
    left = bytearray(4)
    while fcntl.ioctl(end, termios.FIONREAD, left, True) == 0 and int.from_bytes(left, sys.byteorder):
        time.sleep(0.001)


@pytest.fixture(params=["-", "fifo"])
def pipe(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`estab diagnose --json` at the end of a pipe, standard input or one by name, and the pipe's other end."""
    name = str(tmp_path / "fifo") if request.param == "fifo" else "-"
    if name != "-":
        os.mkfifo(name)
    program = subprocess.Popen(
        [sys.executable, "-m", "estab", "--lang", "en", "diagnose", "--json", name],
        cwd=ROOT / "src", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with program:
        assert program.stdin is not None
        end = program.stdin.fileno() if name == "-" else os.open(name, os.O_WRONLY)
        try:
            yield program, end
        finally:
            program.kill()
            if name != "-":
                os.close(end)


def ended(program: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """Presses Ctrl-C; exit status and output."""
    program.send_signal(signal.SIGINT)
    assert program.stdout is not None and program.stderr is not None
    out, err = program.stdout.read(), program.stderr.read()
    return program.wait(), out, err


def test_ctrl_c_prints_what_has_arrived_marked_partial(pipe: tuple[subprocess.Popen[bytes], int]) -> None:
    program, end = pipe
    for start in range(0, len(CONTENT), 1000):
        write(end, CONTENT[start : start + 1000])
    status, out, err = ended(program)
    document = json.loads(out)
    assert (status, err) == (Exit.INTERRUPTED, b"") and document["partial"]
    assert document["capture"]["bytes"] == len(CONTENT)
    assert "close.close_wait_leak" in [finding["code"] for finding in document["findings"]]


def test_a_record_that_is_cut_by_ctrl_c_is_no_damage(pipe: tuple[subprocess.Popen[bytes], int]) -> None:
    program, end = pipe
    write(end, CONTENT[:-7])
    document = json.loads(ended(program)[1])
    assert document["partial"] and document["capture"]["damage"] is None and document["capture"]["packets"] > 20


def test_what_the_other_program_writes_at_its_end_is_taken(pipe: tuple[subprocess.Popen[bytes], int]) -> None:
    program, end = pipe
    write(end, CONTENT[:500])
    program.send_signal(signal.SIGSTOP)
    program.send_signal(signal.SIGINT)
    os.write(end, CONTENT[500:])
    program.send_signal(signal.SIGCONT)
    assert program.stdout is not None
    document = json.loads(program.stdout.read())
    assert program.wait() == Exit.INTERRUPTED
    assert document["partial"] and document["capture"]["bytes"] == len(CONTENT)


def test_ctrl_c_before_anything_came_is_said(pipe: tuple[subprocess.Popen[bytes], int]) -> None:
    program, end = pipe
    write(end, CONTENT[:4])
    assert ended(program) == (Exit.INTERRUPTED, b"", b"\nestab: interrupted\n")  # below the ^C of the terminal
