from __future__ import annotations

import io
import pathlib

import pytest

from estab import api
from estab.capture.reader import Chunk
from estab.errors import MisuseError
from estab.lives import Life
from estab.text import Translator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURE = ROOT / "tests" / "data" / "captures" / "mixed_30.client.pcap"


def test_one_pass_gives_connections_and_findings() -> None:
    diagnosis = api.diagnose(CAPTURE)
    codes = [finding.code for finding in diagnosis.findings]
    assert {"handshake.refused", "close.close_wait_leak"} <= set(codes)
    assert diagnosis.trace.connections.count == 30 and diagnosis.summary.packets == 606 and not diagnosis.partial
    document = diagnosis.trace.to_dict()
    assert sum("close.close_wait_leak" in connection["findings"] for connection in document["connections"]) == 4


def test_trace_alone_says_the_same() -> None:
    assert api.trace(CAPTURE).to_dict() == api.diagnose(CAPTURE).trace.to_dict()


@pytest.mark.slow
def test_both_lives_say_the_same() -> None:
    assert api.trace(CAPTURE, life=Life.INTERPRETED).to_dict() == api.trace(CAPTURE, life=Life.COMPILED).to_dict()


def test_texts_come_in_the_language_asked_for() -> None:
    diagnosis = api.diagnose(CAPTURE)
    assert diagnosis.to_dict()["findings"][0]["title"] != diagnosis.to_dict(Translator("zh_CN"))["findings"][0]["title"]


def test_a_trace_needs_a_capture() -> None:
    with pytest.raises(MisuseError, match="capture"):
        api.trace()


def test_without_a_capture_this_host_is_diagnosed() -> None:
    diagnosis = api.diagnose(lasts_s=0.1)
    assert diagnosis.to_dict()["source"]["kind"] == "host" and diagnosis.host.counters


def test_standard_input_is_read_from_where_it_is_given() -> None:
    analysis = api.analyse(["-"], stdin=io.BytesIO(CAPTURE.read_bytes()))
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
        api.analyse([CAPTURE], watchers=[Interrupts()])


def test_what_was_read_before_an_interrupt_is_kept_and_marked() -> None:
    watcher = Interrupts()
    analysis = api.analyse([CAPTURE], watchers=[watcher], keep_on_interrupt=True)
    assert analysis.partial and analysis.connections.count > 0
    assert int((analysis.connections.client.packets + analysis.connections.server.packets).sum()) == watcher.packets
    assert analysis.facts.has_times


def test_only_the_findings_asked_for() -> None:
    analysis = api.analyse([CAPTURE], only=frozenset({"handshake.refused"}))
    assert {finding.code for finding in analysis.diagnosis.findings} == {"handshake.refused"}
