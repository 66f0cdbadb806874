"""The rules for a live host read the lab's hosts."""

from __future__ import annotations

import pytest

from estab.api import lab_run
from estab.diagnose.finding import Severity

AT_HOSTS = [
    ("close_wait_leak", "server", "close.close_wait_leak"),
    ("accept_queue_overflow", "server", "handshake.accept_queue_overflow"),
    ("abort_on_overflow", "server", "handshake.abort_on_overflow"),
    ("filtered", "client", "handshake.filtered"),
    ("rejected_icmp", "client", "handshake.rejected_icmp"),
    ("persist_probes", "server", "flow.zero_window"),
    ("keepalive_dead_peer", "client", "keepalive.unanswered"),
    ("peer_power_off", "client", "half_open.peer_vanished"),
    ("orphan_retries", "client", "close.fin_wait1_pile"),
    ("port_exhaustion", "client", "ports.exhausted"),
    ("syn_flood", "server", "attack.syn_flood"),
]


@pytest.mark.parametrize(("scenario", "host", "code"), AT_HOSTS)
def test_a_host_shows_what_befalls_it(scenario: str, host: str, code: str) -> None:
    seen = lab_run(scenario, hosts=True).rehearsal.hosts
    assert seen is not None
    found = [one for one in seen if (one.host, one.finding.code) == (host, code)]
    assert found and found[0].finding.severity > Severity.INFO and 0 <= found[0].first_ns < found[0].last_ns


@pytest.mark.parametrize("scenario", ["close_wait_leak", "persist_probes", "filtered", "keepalive_dead_peer"])
def test_where_nothing_is_wrong_the_hosts_show_nothing(scenario: str) -> None:
    seen = lab_run(scenario, as_twin=True, hosts=True).rehearsal.hosts
    assert seen is not None and [one.finding.code for one in seen if one.finding.severity > Severity.INFO] == []


def test_owners_are_named_and_a_finding_that_lasts_is_told_once() -> None:
    (leak,) = [one for one in lab_run("close_wait_leak", hosts=True).rehearsal.hosts or () if one.finding.code == "close.close_wait_leak"]
    assert [owner.command for owner in leak.finding.owners] == ["server"] and leak.finding.severity is Severity.CRITICAL


def test_without_being_asked_no_host_is_read() -> None:
    assert lab_run("refused").rehearsal.hosts is None
