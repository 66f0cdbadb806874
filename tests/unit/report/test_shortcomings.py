from __future__ import annotations

from estab.report.model import Analysis
from estab.report.shortcomings import shortcomings
from estab.wire.columns import Skipped
from tests.rules.conversation import Capture
from tests.unit.report.analyses import analysis_of, leak_and_refusal


def told(analysis: Analysis) -> list[str]:
    return [str(text) for text in shortcomings(analysis)]


def test_of_a_whole_capture_nothing_is_said() -> None:
    assert told(analysis_of(leak_and_refusal())) == []


def test_what_was_passed_over() -> None:
    analysis = analysis_of(leak_and_refusal())
    analysis.capture.snap_length = 40
    analysis.capture.cut_packets = 5
    counts = {Skipped.TRUNCATED: 3, Skipped.MALFORMED: 1, Skipped.LINK_TYPE: 2, Skipped.FRAGMENT: 4, Skipped.NOT_TCP: 9}
    analysis.capture.skipped.update(counts)
    assert told(analysis) == [
        "the snap length (40 bytes) cut off the TCP header of 3 packets, which cannot be used",
        "headers that contradict themselves, passed over: 1 packet",
        "link layer that is not known, passed over: 2 packets",
        "IP fragments whose datagram never became whole: 4",
        "TCP options cut off by the snap length (40 bytes): 2 packets",
    ]


def test_a_snap_length_that_explains_nothing_is_not_named() -> None:
    analysis = analysis_of(leak_and_refusal())
    analysis.capture.snap_length, analysis.capture.cut_packets = 262_144, 1
    assert told(analysis) == ["TCP options cut off by the snap length: 1 packet"]


def test_connections_that_began_before_the_capture() -> None:
    capture = Capture()
    capture.talk().client("PA", data=5).server("A")
    assert told(analysis_of(capture)) == ["all connections began before the capture: no handshake is in it"]
    capture.talk().open().close()
    assert told(analysis_of(capture)) == ["began before the capture, so without their handshake: 1 connection"]


def test_a_missing_direction() -> None:
    capture = Capture()
    capture.talk().client("S").server("SA", unseen=True).client("A")
    assert told(analysis_of(capture)) == ["one direction only: what the other side sent is not in the capture"]
    capture.talk().open()
    assert told(analysis_of(capture)) == ["one direction only is captured of 1 connection"]
