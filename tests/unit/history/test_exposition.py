"""The page for Prometheus."""

from __future__ import annotations

import re

from estab.history.exposition import exposition
from tests.unit.history.test_store import FULL

LINE = re.compile(r'[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? -?\d+')


def test_every_line_is_of_the_format() -> None:
    page = exposition(FULL, {"Tcp.OutSegs": 12}, written=3)
    samples = [line for line in page.splitlines() if not line.startswith("# ")]
    assert page.endswith("\n") and samples and all(LINE.fullmatch(line) for line in samples)


def test_what_it_tells() -> None:
    lines = exposition(FULL, {"TcpExt.ListenOverflows": 40}, written=3).splitlines()
    assert 'estab_sockets{state="TIME-WAIT"} 31000' in lines
    assert 'estab_accept_queue{listener="0.0.0.0:80"} 129' in lines
    assert 'estab_kernel_counter_total{name="TcpExt.ListenOverflows"} 40' in lines
    assert 'estab_finding{code="handshake.accept_queue_overflow",severity="critical",place="0.0.0.0:80"} 12' in lines


def test_each_metric_is_declared_once_before_its_samples() -> None:
    lines = exposition(FULL, {"a": 1, "b": 2}, written=0).splitlines()
    declared = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(declared) == len(set(declared))
    seen: set[str] = set()
    for line in lines:
        if line.startswith("# TYPE"):
            seen.add(line.split()[2])
        elif not line.startswith("#"):
            assert re.split(r"[{ ]", line)[0] in seen


def test_before_the_first_interval() -> None:
    assert exposition(None, {}, written=0).splitlines()[-1] == "estab_intervals_total 0"


def test_odd_names_cannot_break_a_line() -> None:
    page = exposition(None, {'a"b\\c\nd': 1}, written=0)
    assert 'name="a\\"b\\\\c\\nd"} 1' in page
