"""SYNs that meet what is left of a connection before."""

from __future__ import annotations

import numpy as np

from estab.diagnose.evidence import second_lives
from tests.rules.conversation import Capture


def test_only_a_challenge_that_the_client_answers_by_reset_counts() -> None:
    capture = Capture()
    capture.talk().client("S", seq=900_000).server("A", seq=500_401, ack=1_101).client("R", seq=1_101)
    capture.talk().client("S").server("SA").client("R")
    capture.talk().client("S").server("RA", seq=0)
    capture.talk().client("S", seq=900_000).server("A", seq=500_401, ack=1_101)
    facts = capture.facts()
    assert np.flatnonzero(second_lives.challenged(facts)).tolist() == [0]
    assert str(second_lives.detour(facts, 0)) == "SYN, bare ACK, RST of the client, and no SYN-ACK"
    assert not second_lives.in_time_wait(facts).any()
