"""Compares what estab says about a capture with the truth that the generator wrote.

    python -m benchmarks.truth CAPTURE.pcap TRUTH.csv

Packets and payload bytes of each side of each connection must be equal; packets sent again may differ by 1 % for each side over the
whole file.  Exit status 1 where something differs.
"""

from __future__ import annotations

import argparse
import collections
import csv
import ipaddress
import pathlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import estab

Key = tuple[str, int, str, int]
Counts = tuple[int, int, int, int, int, int]
"""Packets of client and server, payload bytes of both, packets sent again by both."""

NOTHING: Counts = (0, 0, 0, 0, 0, 0)
REPEATS_TOLERANCE = 0.01


def truth_of(lines: Iterable[str]) -> dict[Key, Counts]:
    """The true counts by four-tuple (client first); lines that share one are added up."""
    result: dict[Key, Counts] = collections.defaultdict(lambda: NOTHING)
    for row in csv.DictReader(lines):
        key = (_canonical(row["client"]), int(row["cport"]), _canonical(row["server"]), int(row["sport"]))
        counts = [int(row[f"{what}_{side}"]) for what in ("packets", "bytes", "repeats") for side in "ab"]
        result[key] = _sum(result[key], counts)
    return dict(result)


def said_by(trace: Mapping[str, Any]) -> dict[Key, Counts]:
    """The same from a document of `estab.trace`."""
    result: dict[Key, Counts] = collections.defaultdict(lambda: NOTHING)
    for connection in trace["connections"]:
        client, server = connection["client"], connection["server"]
        key = (_canonical(client["address"]), client["port"], _canonical(server["address"]), server["port"])
        counts = [connection[what][side] for what in ("packets", "payload_bytes", "retransmits") for side in ("client", "server")]
        result[key] = _sum(result[key], counts)
    return dict(result)


def differences(true: Mapping[Key, Counts], said: Mapping[Key, Counts]) -> list[str]:
    """One line for each connection, and for the sum of repeats of each side, that is not as it should be."""
    lines = [
        f"{key}: packets and bytes {said.get(key, NOTHING)[:4]} not {true.get(key, NOTHING)[:4]}"
        for key in sorted(true.keys() | said.keys())
        if said.get(key, NOTHING)[:4] != true.get(key, NOTHING)[:4]
    ]
    for side, name in ((4, "client"), (5, "server")):
        want, got = (sum(counts[side] for counts in table.values()) for table in (true, said))
        if abs(got - want) > REPEATS_TOLERANCE * want:
            lines.append(f"sent again by the {name}: {got} not {want}")
    return lines


def _sum(counts: Counts, more: Sequence[int]) -> Counts:
    a, b, c, d, e, f = (one + other for one, other in zip(counts, more, strict=True))
    return (a, b, c, d, e, f)


def _canonical(address: str) -> str:
    return str(ipaddress.ip_address(address))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("capture", type=pathlib.Path)
    ask.add_argument("truth", type=pathlib.Path)
    given = ask.parse_args(arguments)
    true = truth_of(given.truth.read_text(encoding="ascii").splitlines())
    said = said_by(estab.trace(str(given.capture)).to_dict())
    wrong = differences(true, said)
    for line in wrong[:20]:
        print(line)
    for side, name in ((4, "client"), (5, "server")):
        want, got = (sum(counts[side] for counts in table.values()) for table in (true, said))
        print(f"sent again by the {name}: {got}, true {want}")
    print(f"{len(true)} connections, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
