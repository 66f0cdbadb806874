"""Sockets of a host by their place."""

from __future__ import annotations

import numpy as np

from estab.diagnose.host_groups import by_end
from tests.host_rules.hosts import facts_of, socket


def test_sockets_with_the_same_far_end_are_one_group_worst_first() -> None:
    table = facts_of(after=[socket(number=1, rtt_us=5), socket(number=2, rtt_us=9)]).t
    (group,) = by_end(table, np.array([True, True]), "remote", table["rtt_us"])
    assert (str(group), group.rows.tolist()) == ("10.0.0.9:443", [1, 0])


def test_only_what_the_mask_holds() -> None:
    table = facts_of(after=[socket(number=1), socket(number=2)]).t
    assert by_end(table, np.array([False, False]), "remote") == []
    assert [group.rows.tolist() for group in by_end(table, np.array([False, True]), "local")] == [[1]]
