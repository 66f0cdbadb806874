"""Counters of a host."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

from estab.engine.counters import KNOWN_NAMES, Counters
from tests.style.source_tree import python_files

NAMED = re.compile(r"(Ip|Icmp|Tcp|TcpExt|IpExt)\.[A-Z]\w+")


def test_what_has_not_happened_is_zero_and_takes_no_room() -> None:
    counters = Counters()
    assert counters["Tcp.InSegs"] == 0 and len(counters) == 0


def test_counting_by_sign_and_by_call_is_the_same() -> None:
    counters = Counters()
    counters["Tcp.InSegs"] += 2
    counters.add("Tcp.InSegs")
    assert counters == {"Tcp.InSegs": 3}


def test_what_moved_leaves_out_what_stood_still() -> None:
    counters = Counters({"Tcp.InSegs": 3, "Tcp.OutSegs": 4})
    before = dict(counters)
    counters.add("Tcp.CurrEstab", -1)
    counters.add("Tcp.InSegs", 2)
    assert counters.moved(before) == {"Tcp.CurrEstab": -1, "Tcp.InSegs": 2}


@pytest.mark.parametrize("path", python_files("src/estab/engine"), ids=lambda path: path.stem)
def test_every_name_that_the_engine_counts_is_one_of_the_kernels(path: pathlib.Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in parts]
    texts = {node.value for node in constants if isinstance(node.value, str)}
    named = {text for text in texts if NAMED.fullmatch(text)}
    assert named <= KNOWN_NAMES


def test_the_kernel_here_knows_every_name() -> None:
    files = [pathlib.Path("/proc/net/snmp"), pathlib.Path("/proc/net/netstat")]
    if not all(file.exists() for file in files):
        pytest.skip("no Linux kernel to ask")
    spoken: set[str] = set()
    for file in files:
        for line in file.read_text(encoding="ascii").splitlines()[::2]:
            block, _, names = line.partition(":")
            spoken.update(f"{block}.{name}" for name in names.split())
    if "TcpExt.PAWSTimewait" not in spoken:
        pytest.skip("an older kernel, which has fewer counters")
    assert spoken >= KNOWN_NAMES
