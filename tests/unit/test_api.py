from __future__ import annotations

import pathlib

import pytest

from estab import api
from estab.errors import InputError, MisuseError
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


def test_an_interface_that_is_not_there_is_said_before_anything_is_read() -> None:
    with pytest.raises(InputError, match="nowhere0"):
        api.diagnose(lasts_s=3600, interface="nowhere0")
