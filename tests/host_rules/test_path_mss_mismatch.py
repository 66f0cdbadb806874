"""path.mss_mismatch: what a host shows of it, and what comes near."""

from __future__ import annotations

from tests.host_rules.hosts import facts_of, found, grown, socket

CODE = "path.mss_mismatch"


def segments(mss_bytes: int, *, sent: int = 100_000) -> int:
    before = socket(pmtu_bytes=9000, snd_mss_bytes=mss_bytes)
    return len(found(CODE, facts_of(before=[before], after=[grown(before, bytes_sent=sent)])))


def test_segments_far_below_what_the_path_carries() -> None:
    assert [segments(mss) for mss in (1448, 8030, 8948)] == [1, 1, 0]


def test_a_connection_that_sends_little_is_not_slowed() -> None:
    assert segments(1448, sent=100) == 0
