"""half_open.peer_restarted: what a host shows of it, and what comes near."""

from __future__ import annotations

import pytest

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found, socket

CODE = "half_open.peer_restarted"


@pytest.mark.parametrize(("received", "severity"), [(500, Severity.WARNING), (0, Severity.INFO)])
def test_peers_that_never_said_a_word_may_have_been_a_closed_listener(received: int, severity: Severity) -> None:
    quiet_ms = 60_000
    idle = [
        socket(number=number, bytes_received=received, last_data_sent_ms=quiet_ms, last_data_recv_ms=quiet_ms) for number in range(1, 5)
    ]
    (finding,) = found(CODE, facts_of({"Tcp.EstabResets": 4}, before=idle))
    assert (finding.count, finding.severity) == (4, severity)


def test_connections_in_use_that_are_reset_were_not_forgotten() -> None:
    busy = [socket(number=number, bytes_received=500, last_data_recv_ms=10) for number in range(1, 5)]
    assert found(CODE, facts_of({"Tcp.EstabResets": 4}, before=busy)) == []
