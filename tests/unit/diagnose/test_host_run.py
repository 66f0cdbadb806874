"""Which rules run over a host, and why the others do not."""

from __future__ import annotations

from estab.diagnose.catalog import host_rules
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_run import diagnose_host
from estab.snapshot import HostSnapshot
from tests.host_rules.hosts import facts_of


def test_a_quiet_host_has_no_finding() -> None:
    diagnosis = diagnose_host(facts_of({"Tcp.InSegs": 10}))
    assert diagnosis.findings == () and diagnosis.rules_ran + len(diagnosis.not_run) == len(host_rules())


def test_what_could_not_be_read_stops_the_rules_that_need_it() -> None:
    blind = HostSnapshot(taken_ns=1, unseen={"sockets": "no answer"})
    diagnosis = diagnose_host(HostFacts(blind, HostSnapshot(taken_ns=2, unseen={"sockets": "no answer"})))
    reasons = {entry.code: str(entry.why) for entry in diagnosis.not_run}
    assert "no answer" in reasons["close.close_wait_leak"] and diagnosis.findings == ()


def test_only_the_codes_that_were_asked_for() -> None:
    facts = facts_of({"TcpExt.TCPFastRetrans": 3, "TcpExt.TCPWinProbe": 3})
    assert [finding.code for finding in diagnose_host(facts, only=frozenset({"flow.persist_probes"})).findings] == ["flow.persist_probes"]
