from __future__ import annotations

import io
import pathlib

import pytest

from estab.capture.reader import Chunk
from estab.one_pass import analyse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURE = ROOT / "tests" / "data" / "captures" / "mixed_30.client.pcap"


def test_standard_input_is_read_from_where_it_is_given() -> None:
    analysis = analyse(["-"], stdin=io.BytesIO(CAPTURE.read_bytes()))
    assert analysis.connections.count == 30


class Interrupts:
    """A watcher that presses Ctrl-C after the first chunk."""

    def __init__(self) -> None:
        self.packets = 0

    def __call__(self, chunk: Chunk) -> None:
        self.packets += chunk.count
        raise KeyboardInterrupt


def test_an_interrupt_goes_through_unless_the_rest_is_wanted() -> None:
    with pytest.raises(KeyboardInterrupt):
        analyse([CAPTURE], watchers=[Interrupts()])


def test_what_was_read_before_an_interrupt_is_kept_and_marked() -> None:
    watcher = Interrupts()
    analysis = analyse([CAPTURE], watchers=[watcher], keep_on_interrupt=True)
    assert analysis.partial and analysis.connections.count > 0
    assert int((analysis.connections.client.packets + analysis.connections.server.packets).sum()) == watcher.packets
    assert analysis.facts.has_times


def test_only_the_findings_asked_for() -> None:
    analysis = analyse([CAPTURE], only=frozenset({"handshake.refused"}))
    assert {finding.code for finding in analysis.diagnosis.findings} == {"handshake.refused"}
