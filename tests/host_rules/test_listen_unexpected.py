"""listen.unexpected: what a host shows of it, and what comes near."""

from __future__ import annotations

import dataclasses

import pytest

from estab.diagnose.finding import Severity
from estab.diagnose.host_facts import HostFacts
from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import Owner, SocketSnapshot
from tests.host_rules.hosts import facts_of, found

CODE = "listen.unexpected"


def listening(address: str, command_line: str | None) -> list[Severity]:
    listener = SocketSnapshot(local=Endpoint(address, 4444), remote=Endpoint("0.0.0.0", 0), state=State.LISTEN, cookie=5, inode=5)
    facts = facts_of(after=[listener])
    owners = {} if command_line is None else {5: (Owner(70, "door", 3, command_line),)}
    return [finding.severity for finding in found(CODE, HostFacts(facts.before, dataclasses.replace(facts.after, owners=owners)))]


@pytest.mark.parametrize("command_line", ["/tmp/odd/python door.py", "/dev/shm/x", "/usr/bin/x(deleted)", None])
def test_a_program_that_nobody_installed_or_nobody_at_all(command_line: str | None) -> None:
    assert listening("0.0.0.0", command_line) == [Severity.WARNING]
    assert listening("127.0.0.1", command_line) == [Severity.INFO]


@pytest.mark.parametrize("command_line", ["/usr/sbin/nginx -g daemon off;", "python3 /tmp/script.py", "sshd: /usr/sbin/sshd -D"])
def test_what_is_installed(command_line: str) -> None:
    assert listening("0.0.0.0", command_line) == []
