from __future__ import annotations

import pytest

from estab.drill.config import Family
from estab.drill.runner import run_script
from estab.drill.verdict import Outcome
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values
from tests.unit.drill.playing import LISTENING

SYN = f"{LISTENING}   +0 < S 0:0(0) win 65535 <mss 1000,sackOK>\n   +0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK>\n"


def test_every_family_is_run() -> None:
    runs = run_script(SYN)
    assert [(run.family, run.outcome) for run in runs] == [(family, Outcome.PASSED) for family in Family]


@pytest.mark.parametrize("family", Family)
def test_families_can_be_narrowed(family: Family) -> None:
    assert [run.family for run in run_script(SYN, families=(family,))] == [family]


def test_knobs_come_from_outside_and_the_script_changes_them() -> None:
    knobs = profile_values(Profile.LINUX).but(tcp_sack=0)
    assert {run.outcome for run in run_script(SYN, knobs=knobs)} == {Outcome.FAILED}
    assert {run.outcome for run in run_script(SYN.replace("timestamps=0", "timestamps=0 net.ipv4.tcp_sack=1"), knobs=knobs)} == {
        Outcome.PASSED
    }


def test_a_broken_script_gives_one_run_that_says_why() -> None:
    (run,) = run_script("0 ?", "b.pkt")
    assert run.outcome is Outcome.UNUSABLE and str(run.unusable).startswith("b.pkt:1:3: ")
