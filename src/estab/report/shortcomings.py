"""What a capture does not show, told before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Iterator

from estab.report import words
from estab.report.model import Analysis
from estab.text import Text, format_count, msg
from estab.wire.columns import Skipped


def shortcomings(analysis: Analysis) -> Iterator[Text]:
    """One text for each way in which the capture is less than whole: cut, one-sided, begun late, not understood."""
    yield from _records_passed_over(analysis)
    capture, facts = analysis.capture, analysis.facts
    options_cut = capture.cut_packets - capture.skipped.get(Skipped.TRUNCATED, 0)
    if options_cut > 0:
        yield msg("TCP options cut off by the snap length{limit}: {packets}", packets=words.packets(options_cut), limit=_limit(analysis))
    if facts.only_one_way:
        yield msg("one direction only: what the other side sent is not in the capture")
    else:
        one_way = int(facts.one_way.sum())
        if one_way:
            yield msg("one direction only is captured of {connections}", connections=words.connections(one_way))
    late = int(facts.midstream.sum())
    if late and late == facts.count:
        yield msg("all connections began before the capture: no handshake is in it")
    elif late:
        yield msg("began before the capture, so without their handshake: {connections}", connections=words.connections(late))


def _records_passed_over(analysis: Analysis) -> Iterator[Text]:
    skipped = analysis.capture.skipped
    if count := skipped.get(Skipped.TRUNCATED, 0):
        packets = words.packets(count)
        yield msg(
            "the snap length{limit} cut off the TCP header of {packets}, which cannot be used", packets=packets, limit=_limit(analysis)
        )
    if count := skipped.get(Skipped.MALFORMED, 0):
        yield msg("headers that contradict themselves, passed over: {packets}", packets=words.packets(count))
    if count := skipped.get(Skipped.LINK_TYPE, 0):
        yield msg("link layer that is not known, passed over: {packets}", packets=words.packets(count))
    if count := skipped.get(Skipped.FRAGMENT, 0):
        yield msg("IP fragments whose datagram never became whole: {count}", count=format_count(count))


def _limit(analysis: Analysis) -> Text | str:
    """The snap length in brackets, where the file states one that explains the cut."""
    length = analysis.capture.snap_length
    return msg(" ({bytes})", bytes=words.bytes_of(length)) if 0 < length < 2_000 else ""
