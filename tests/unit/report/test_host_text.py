"""A live host's diagnosis on a screen of 80 columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from estab.diagnose.finding import PacketsEvidence
from estab.report.host_text import host_finding_lines, host_text
from estab.text import msg
from estab.typeset import width_of
from tests.unit.report.analyses import layout
from tests.unit.report.host_analyses import captured, leak_analysis


def test_what_was_read_comes_first() -> None:
    told = host_text(leak_analysis(), layout()).splitlines()
    assert told[0] == "this host" and "31 sockets" in told[1] and "Linux 6.1.0" in " ".join(told[:4])
    assert any(line.strip() == "not seen  queues of interfaces: no answer" for line in told)


def test_the_leak_is_told_with_its_owner_and_where_to_look() -> None:
    told = host_text(leak_analysis(netns="blue"), layout())
    assert "close.close_wait_leak" in told and "worker[77]" in told
    assert "--netns blue" in told and "estab explain close.close_wait_leak" in told


def test_commands_name_the_process_whose_namespace_was_read() -> None:
    told = host_text(leak_analysis(pid=77), layout())
    assert told.startswith("network namespace of process 77\n") and " --pid 77 --owners" in told and "--netns" not in told


def test_nothing_wrong_is_said() -> None:
    assert "no finding: nothing wrong is seen at 1 socket" in host_text(leak_analysis(sockets=0), layout())


def test_a_cut_wait_is_said() -> None:
    assert "PARTIAL" in host_text(leak_analysis(partial=True), layout())


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_lines_fit_unless_they_are_there_to_be_copied(language: str) -> None:
    told = host_text(leak_analysis(), layout(language, notes=True, why=True))
    assert [line for line in told.splitlines() if width_of(line) > 80 and "estab " not in line and "sysctl" not in line] == []


def test_packets_are_told_with_what_is_missing() -> None:
    told = " ".join(host_text(leak_analysis(packets=captured(lost=3, left_out=2, went_down=True)), layout()).split())
    assert "packets at eth7: " in told and "LOST: 3 packets for which" in told
    assert "LEFT OUT: 2 packets beyond" in told and "the interface eth7 went down" in told
    assert "LOST" not in host_text(leak_analysis(packets=captured()), layout())


def test_packets_that_are_kept_can_be_looked_up() -> None:
    analysis = leak_analysis(packets=captured(file="a b.pcapng"))
    leak = replace(analysis.diagnosis.findings[0], members=np.array([4]), evidence=(PacketsEvidence(msg("seen"), 4, (7, 8)),))
    assert leak.code == "close.close_wait_leak"
    kept = "\n".join(host_finding_lines(analysis, replace(leak, filter="tcp.port == 80"), layout()))
    assert "estab trace 'a b.pcapng' --conn 4" in kept and "Wireshark: tcp.port == 80" in kept
    assert "seen (connection 4: packets 7, 8)" in kept
    passed = "\n".join(host_finding_lines(leak_analysis(packets=captured()), leak, layout()))
    assert "seen (packets at eth7)" in passed and "--conn" not in passed
