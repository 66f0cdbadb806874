from __future__ import annotations

from typing import Any

import pytest

from estab.diagnose.evidence.host_timers import give_up_s, give_up_syn_s, silent_senders, syn_age_s, syn_times_s
from estab.snapshot import TimerKind
from tests.host_rules.snapshots import Case, accepted, facts_of, opened


def host(**more: object):  # type: ignore[no-untyped-def]
    return facts_of(Case(code="a.b", name="x", severity=None, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("retries", "seconds"), [(3, 3.0), (5, 12.6), (8, 102.2), (10, 324.6), (15, 924.6)])
def test_data_is_given_up_when_the_kernel_does(retries: int, seconds: float) -> None:
    assert give_up_s(retries) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("retries", "linear", "seconds"),
    [(1, 4, 3), (2, 4, 7), (3, 4, 19), (5, 4, 67), (6, 4, 131), (3, 0, 15), (6, 0, 127), (2, 0, 7)],
)
def test_attempts_are_given_up_when_the_kernel_does(retries: int, linear: int, seconds: int) -> None:
    knobs = {"tcp_syn_retries": str(retries), "tcp_syn_linear_timeouts": str(linear)}
    assert give_up_syn_s(host(knobs=knobs)) == seconds


def test_syns_are_sent_when_the_kernel_sends_them() -> None:
    assert syn_times_s(10, 4) == [0, 1, 2, 3, 4, 5, 7, 11, 19, 35]
    assert syn_age_s(host(knobs={"tcp_syn_linear_timeouts": "4"}), 6) == 7 and syn_age_s(host(), 2) == 3


def test_silent_senders_wait_for_an_ack_with_data_in_flight() -> None:
    stuck: dict[str, Any] = {"timer": TimerKind.RETRANSMIT, "retransmits": 4}
    sockets = [
        opened(0, **stuck),
        opened(1, **(stuck | {"timer": TimerKind.PERSIST})),
        opened(2, **stuck, bytes_acked=1, bytes_received=0),
        accepted(3, retransmits=4),
        opened(4, **(stuck | {"retransmits": 3})),
    ]
    assert silent_senders(host(after=sockets), 4).tolist() == [True, False, True, False, False]
