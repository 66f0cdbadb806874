"""Attempts of which the first SYN, with something special about it, went unheard and the second, plain one was answered."""

from __future__ import annotations

import numpy as np

from estab.diagnose.evidence import attempts
from estab.diagnose.facts import CLIENT, Facts, Mask, Rows
from estab.track import records
from estab.wire.columns import CWR, ECE

SEVERAL = 2
SURE, UNSURE = 0.9, 0.4


def asked_ecn_in_vain(facts: Facts) -> Mask:
    """The first SYN asked for ECN and went unheard; a later one did not ask, and was answered."""
    client = facts.connections.client
    both = ECE | CWR
    asked = (client.syn_first_flags & both) == both
    plain_later = (client.syn_last_flags & both) == 0
    return np.asarray(asked & plain_later & attempts.heard_late(facts))


def asks_ecn(facts: Facts) -> Mask:
    """The first SYN asked for ECN."""
    return np.asarray((facts.connections.client.syn_first_flags & (ECE | CWR)) == ECE | CWR)


def carried_data_in_vain(facts: Facts) -> Mask:
    """The first SYN carried data (Fast Open) and went unheard; a later one was answered, which took none of that data."""
    used = facts.marked(records.FAST_OPEN_USED)
    return np.asarray(facts.side_marked(CLIENT, records.FAST_OPEN_DATA) & attempts.heard_late(facts) & ~used)


def carries_data(facts: Facts) -> Mask:
    """The first SYN carried data."""
    return facts.side_marked(CLIENT, records.FAST_OPEN_DATA)


def kin(facts: Facts, row: int) -> Rows:
    """The attempts to reach the same listener."""
    rows = facts.rows_to_server(row)
    return rows[facts.attempted[rows]]
