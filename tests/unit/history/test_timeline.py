"""Intervals as rows and findings as spans."""

from __future__ import annotations

import pytest

from estab.history.interval import Interval, SeenFinding
from estab.history.timeline import Change, Row, rows_of, spans_of, step_for, unusual
from estab.instant import HOUR_NS, MINUTE_NS, SECOND_NS


def at(second: int, *findings: SeenFinding, lasted: int = 10, moved: int = 0, established: int = 0) -> Interval:
    return Interval(
        from_ns=(second - lasted) * SECOND_NS,
        to_ns=second * SECOND_NS,
        states={"ESTABLISHED": established},
        moved={"Tcp.RetransSegs": moved},
        findings=findings,
    )


def leak(count: int, severity: str = "warning") -> SeenFinding:
    return SeenFinding("close.close_wait_leak", "10.0.0.1:80", severity, count, f"{count} sockets")


@pytest.mark.parametrize(
    ("lasts_ns", "rows", "step_ns"),
    [(MINUTE_NS, 60, SECOND_NS), (MINUTE_NS, 20, 5 * SECOND_NS), (24 * HOUR_NS, 24, HOUR_NS), (1, 24, SECOND_NS)],
)
def test_a_step_that_people_count_in(lasts_ns: int, rows: int, step_ns: int) -> None:
    assert step_for(lasts_ns, rows) == step_ns


def test_a_row_has_the_most_sockets_and_the_sum_of_counters() -> None:
    rows = rows_of([at(70, moved=6, established=5), at(80, moved=4, established=9), at(90, established=2), at(130)], MINUTE_NS)
    assert [(row.from_ns // SECOND_NS, row.states["ESTABLISHED"]) for row in rows] == [(60, 9), (120, 0)]
    assert rows[0].per_second("Tcp.RetransSegs") == pytest.approx(10 / 30)


def test_an_interval_that_ends_on_the_line_belongs_to_the_row_before() -> None:
    assert rows_of([at(120)], MINUTE_NS)[0].from_ns == MINUTE_NS


def test_findings_are_spans_with_their_worst() -> None:
    spans = spans_of([at(10, leak(3)), at(20, leak(9, "critical")), at(30, leak(5)), at(40), at(50, leak(1))])
    assert [(span.from_ns // SECOND_NS, span.to_ns // SECOND_NS, span.count, span.severity, span.text) for span in spans] == [
        (0, 30, 9, "critical", "9 sockets"),
        (40, 50, 1, "warning", "1 sockets"),
    ]


def test_what_is_unusual() -> None:
    def row(**rates: int) -> Row:
        return Row(0, SECOND_NS, covered_ns=SECOND_NS, moved=rates)

    usual = [row(a=10, b=10, c=0), row(a=10, b=12, c=0), row(a=900, b=8, c=0)]
    assert unusual(row(a=100, b=11, c=3), usual) == [Change("c", 3, 0), Change("a", 100, 10)]


def test_nothing_is_unusual_where_nothing_changed() -> None:
    assert unusual(rows_of([at(10, moved=5)], MINUTE_NS)[0], rows_of([at(10, moved=5)], MINUTE_NS)) == []
