"""attack.port_scan of this host: what its counters show of it, and what comes near."""

from __future__ import annotations

import pytest

from tests.host_rules.hosts import facts_of, found

CODE = "attack.port_scan"


@pytest.mark.parametrize("counter", ["TcpExt.TCPAbortOnClose", "TcpExt.TCPAbortOnData"])
def test_answers_to_what_was_under_way_when_a_connection_was_aborted_are_no_scan(counter: str) -> None:
    assert len(found(CODE, facts_of({"Tcp.OutRsts": 184}))) == 1
    assert found(CODE, facts_of({"Tcp.OutRsts": 184, counter: 1, "Tcp.EstabResets": 1})) == []
