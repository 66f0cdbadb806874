"""The comparison with the truth notices what it is there to notice."""

from __future__ import annotations

import pathlib

import pytest

from benchmarks.make_capture import COLUMNS, make, truth_rows
from benchmarks.traffic import Order, lay_out
from benchmarks.truth import Counts, Key, differences, main, said_by, truth_of

KEY: Key = ("10.0.0.1", 40_000, "2001:db8::1", 80)
LINE = "0,fin,0,10.0.0.1,40000,2001:db8::0:1,80,5,4,100,900,1,0"


def test_truth_is_read_with_canonical_addresses_and_summed() -> None:
    assert truth_of([COLUMNS, LINE, LINE]) == {KEY: (10, 8, 200, 1800, 2, 0)}


def test_a_trace_is_read_the_same_way() -> None:
    sides = {"packets": (5, 4), "payload_bytes": (100, 900), "retransmits": (1, 0)}
    connection: dict[str, object] = {name: {"client": a, "server": b} for name, (a, b) in sides.items()}
    connection |= {"client": {"address": KEY[0], "port": KEY[1]}, "server": {"address": KEY[2], "port": KEY[3]}}
    assert said_by({"connections": [connection]}) == truth_of([COLUMNS, LINE])


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ({KEY: (50, 40, 1000, 9000, 100, 0)}, 0),
        ({KEY: (50, 40, 1000, 9000, 101, 0)}, 0),  # within 1 %
        ({KEY: (50, 40, 1000, 9000, 98, 0)}, 1),
        ({KEY: (50, 40, 1000, 9000, 100, 1)}, 1),
        ({KEY: (50, 40, 1000, 9001, 100, 0)}, 1),
        ({}, 2),
    ],
)
def test_differences_are_named(said: dict[Key, Counts], lines: int) -> None:
    assert len(differences({KEY: (50, 40, 1000, 9000, 100, 0)}, said)) == lines


def test_the_generator_writes_what_the_comparison_reads() -> None:
    connections, packets = lay_out(Order(packets=500, connections=20))
    true = truth_of([COLUMNS, *truth_rows(connections, packets)])
    assert len(true) == 20
    assert sum(counts[0] + counts[1] for counts in true.values()) == len(packets.time_ns)


@pytest.mark.parametrize(("seed", "loss"), [(1, 0.0), (2, 0.02)])
def test_estab_says_what_is_true(seed: int, loss: float, tmp_path: pathlib.Path) -> None:
    capture, truth = tmp_path / "made.pcap", tmp_path / "made.csv"
    make(Order(packets=6_000, connections=150, loss=loss, seed=seed, duration_s=10.0), capture, truth)
    assert main([str(capture), str(truth)]) == 0
