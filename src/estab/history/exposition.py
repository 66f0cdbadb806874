"""The last interval in the text format that Prometheus scrapes (exposition format 0.0.4).

Names carry their unit; kernel counters keep their own names as a label, so that a graph can be found by what `nstat` prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from estab.history.interval import Interval

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(interval: Interval | None, totals: Mapping[str, int], *, written: int) -> str:
    """The page: gauges of the last interval, and counters as the kernel's absolute values `totals`.

    `written` counts the intervals kept since the program began.  Before the first interval only that is told.
    """
    lines = _metric("estab_intervals_total", "counter", "Intervals kept since this program began.", [({}, written)])
    if interval is not None:
        lines += _metric(
            "estab_sockets", "gauge", "TCP sockets by state.", [({"state": state}, many) for state, many in sorted(interval.states.items())]
        )
        lines += _metric(
            "estab_accept_queue", "gauge", "Connections that wait for accept().",
            [({"listener": load.name}, load.queue) for load in interval.listeners],
        )  # fmt: skip
        lines += _metric(
            "estab_accept_queue_limit", "gauge", "The limit of the accept queue, fixed at listen().",
            [({"listener": load.name}, load.limit) for load in interval.listeners],
        )  # fmt: skip
        lines += _metric(
            "estab_finding", "gauge", "Cases of a finding that holds now.",
            [({"code": seen.code, "severity": seen.severity, "place": seen.place}, seen.count) for seen in interval.findings],
        )  # fmt: skip
        lines += _metric(
            "estab_last_interval_end_seconds",
            "gauge",
            "When the last interval ended, in seconds since 1970.",
            [({}, interval.to_ns // 10**9)],
        )
    lines += _metric(
        "estab_kernel_counter_total", "counter", "Counters of /proc/net/snmp and /proc/net/netstat under the kernel's names.",
        [({"name": name}, value) for name, value in sorted(totals.items())],
    )  # fmt: skip
    return "".join(f"{line}\n" for line in lines)


def _metric(name: str, kind: str, help_text: str, samples: Iterable[tuple[Mapping[str, str], int]]) -> list[str]:
    rows = [f"{name}{_labels(labels)} {value}" for labels, value in samples]
    return [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}", *rows] if rows else []


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
