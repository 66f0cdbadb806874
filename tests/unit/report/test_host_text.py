"""A live host's diagnosis on a screen of 80 columns."""

from __future__ import annotations

import pytest

from estab.report.host_text import host_text
from estab.typeset import width_of
from tests.unit.report.analyses import layout
from tests.unit.report.host_analyses import leak_analysis


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
