"""FINs of a live host that nobody acknowledges: FIN-WAIT-1, LAST-ACK and CLOSING, told in the same words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estab.diagnose.finding import Evidence, Severity
from estab.diagnose.host_compose import counters, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.machine.states import State
from estab.snapshot import TimerKind

PILE, LARGE_PILE = 3, 100


@dataclass(frozen=True, slots=True)
class UnansweredFins:
    """Sockets of one place in one state whose FIN was repeated, or that were there before."""

    group: HostGroup
    probing: int
    """How many of them probe a closed window: their peer is alive and does not read."""
    held_bytes: int

    @property
    def severity(self) -> Severity:
        """A few are a note."""
        count = len(self.group.rows)
        return Severity.WARNING if count >= PILE else Severity.INFO


def unanswered_fins(facts: HostFacts, state: State) -> list[UnansweredFins]:
    """By peer; the largest group first."""
    t = facts.t
    waiting = t.state(state) & ((t["retransmits"] >= 1) | t.stayed | (t["probes"] >= 1))
    found = []
    for group in facts.by_peer(waiting, t["retransmits"]):
        probing = int(np.count_nonzero(t.timer(TimerKind.PERSIST)[group.rows]))
        found.append(UnansweredFins(group, probing, int(t["wmem_queued_bytes"][group.rows].sum())))
    return found


def fin_evidence(facts: HostFacts, group: HostGroup) -> list[Evidence]:
    """The socket that has waited the longest, and the counters that its timers moved."""
    row = int(group.rows[0])
    names = ("timer", "retransmits", "send_queue", "inode", "last_ack_recv_ms")
    return [reading(facts, row, *names), *counters(facts, "TcpExt.TCPTimeouts", "TcpExt.TCPWinProbe", "TcpExt.TCPAbortOnTimeout")]
