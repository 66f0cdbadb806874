from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import order_paws_drop
from estab.wire.columns import OPT_TIMESTAMPS
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def stamped(capture: Capture) -> tuple[Conversation, Callable[[int], dict[str, Any]]]:
    """A connection whose ends both use timestamps; the second value makes the fields of one."""

    def at(tsval: int) -> dict[str, Any]:
        return {"options": OPT_TIMESTAMPS, "tsval": tsval & 0xFFFFFFFF}

    talk = capture.talk().client("S", **at(500)).server("SA", **at(70_000)).client("A", **at(501))
    return talk.client("PA", data=100, **at(510)).server("A", **at(70_010)), at


@pytest.mark.parametrize(("times", "severity"), [(1, Severity.INFO), (3, Severity.WARNING)])
def test_fires_for_stamps_from_before_the_connection(capture: Capture, times: int, severity: Severity) -> None:
    talk, at = stamped(capture)
    for number in range(times):
        talk.wait("30ms").client("PA", data=100, seq=1_001, **at(500 - 100_000 + number)).server("A", **at(70_020))
    (finding,) = order_paws_drop.check(capture.facts())
    assert (finding.severity, finding.count, str(finding.subject)) == (severity, times, "10.0.0.1")


@pytest.mark.parametrize("tsval", [490, 500, 505, 500 - 999])
def test_quiet_for_what_may_be_of_the_connection(capture: Capture, tsval: int) -> None:
    """Overtaken, copied, or a few ticks off, as a SYN cookie makes it."""
    talk, at = stamped(capture)
    talk.client("PA", data=100, seq=1_001, **at(tsval))
    assert list(order_paws_drop.check(capture.facts())) == []


def test_quiet_without_timestamps(capture: Capture) -> None:
    capture.talk().open().client("PA", data=100).server("A").close()
    assert list(order_paws_drop.check(capture.facts())) == []


@pytest.mark.parametrize(
    "name", ["reorder.client.pcap.gz", "network_duplicate.client.pcap.gz", "syn_flood_cookies.server.pcap", "syn_collision.client.pcap"]
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(order_paws_drop.check(laboratory(name))) == []
