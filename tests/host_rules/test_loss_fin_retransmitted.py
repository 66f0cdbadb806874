"""loss.fin_retransmitted: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.machine.states import State
from tests.host_rules.hosts import facts_of, found, grown, socket

CODE = "loss.fin_retransmitted"


def test_a_fin_that_is_sent_again() -> None:
    (finding,) = found(CODE, facts_of(after=[socket(State.FIN_WAIT_1, retransmits=1)]))
    assert (finding.subject.address, finding.count) == ("10.0.0.9", 1)


def test_a_fin_on_its_way_for_the_first_time_and_data_sent_again_before() -> None:
    before = socket(State.ESTABLISHED, total_retrans=3)
    closing = grown(before)
    assert found(CODE, facts_of(before=[before], after=[closing])) == []
    assert found(CODE, facts_of(after=[socket(State.FIN_WAIT_1)])) == []
