"""Every rule over a live host has a case in which it is found, and one in which it nearly is."""

from __future__ import annotations

import pathlib

import pytest

from estab.diagnose.catalog import host_rules
from estab.diagnose.finding import Severity
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_run import diagnose_host
from estab.diagnose.rule import HostRule
from estab.snapshot import HostSnapshot
from tests.host_rules import cases_closing, cases_flow, cases_listening, cases_lost, cases_opening, cases_path
from tests.host_rules.snapshots import Case, found

HERE = pathlib.Path(__file__).parent
MODULES = (cases_opening, cases_listening, cases_closing, cases_lost, cases_flow, cases_path)
CASES: list[Case] = [case for module in MODULES for case in module.CASES]


@pytest.mark.parametrize("loaded", host_rules(), ids=lambda loaded: loaded.rule.code)
def test_it_has_cases_of_both_kinds(loaded: HostRule) -> None:
    if (HERE / f"test_{loaded.rule.module_name}.py").exists():
        return  # it has a file of its own
    mine = [case for case in CASES if case.code == loaded.rule.code]
    assert [case for case in mine if case.severity is not None] and [case for case in mine if case.severity is None]


@pytest.mark.parametrize("case", [case for case in CASES if case.severity is not None], ids=str)
def test_what_is_found_names_its_places_and_owners(case: Case) -> None:
    for finding in found(case):
        assert str(finding.title) and str(finding.cause) and "{" not in f"{finding.title} {finding.summary} {finding.cause}"
        assert all("{" not in str(evidence.text) for evidence in finding.evidence)
        assert len(finding.sockets) <= 20 and finding.first_ns < finding.last_ns
        held = [socket for socket in finding.sockets if socket.state.name in {"ESTABLISHED", "CLOSE_WAIT"}]
        if held and case.severity is not Severity.INFO and not case.snapshot and "pending" not in case.code:
            assert finding.owners, finding.code


def test_an_empty_host_is_quiet() -> None:
    diagnosis = diagnose_host(HostFacts(HostSnapshot(taken_ns=1), HostSnapshot(taken_ns=2)))
    assert diagnosis.findings == () and {entry.code for entry in diagnosis.not_run} >= {"close.close_wait_leak", "audit.sysctl"}
