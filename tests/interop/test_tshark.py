"""The captures of tests/data as tshark sees them: the same connections, packets and payload."""

from __future__ import annotations

import pathlib

import pytest

import estab
from estab.errors import InputError
from tests.conftest import ROOT
from tests.interop.tshark import Key, estab_streams, needs_tshark, tshark_streams

CAPTURES = sorted(path for path in (ROOT / "tests" / "data" / "captures").iterdir() if ".pcap" in path.name)

DIFFERENT = {
    "fmt-bitrot.pcap.gz": "three packets have a falsified TCP data offset below 20 bytes: tshark counts them, estab leaves them out"
}
"""Files on which the two disagree, with the reason."""


@needs_tshark
@pytest.mark.peer
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_same_connections_packets_and_bytes(path: pathlib.Path) -> None:
    theirs = [stream.key() for stream in tshark_streams(path)]
    try:
        connections = estab.trace(path).connections
    except InputError:
        assert theirs == []
        return
    ours = [stream.key() for stream in estab_streams(connections)]
    if path.name in DIFFERENT:
        assert packets_of(theirs) - packets_of(ours) == 3
    else:
        assert sorted(ours) == sorted(theirs)


def packets_of(streams: list[Key]) -> int:
    """All packets of some streams."""
    return sum(count for packets, _ in streams for _, count in packets)
