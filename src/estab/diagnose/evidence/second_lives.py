"""SYNs that meet a connection which the server still holds on the same four-tuple: open, or in TIME-WAIT.

The server answers with a bare ACK about what it holds; the client knows of nothing and says so by RST; then its SYN, sent again, is heard
(RFC 5961 §4.2, RFC 9293 §3.5.1, RFC 6191).
"""

from __future__ import annotations

import numpy as np

from estab.diagnose.facts import CLIENT, Facts, Mask
from estab.instant import SECOND_NS, format_duration
from estab.text import Text, msg
from estab.track import records


def challenged(facts: Facts) -> Mask:
    """The server's first packet after the SYN is a bare ACK of something else, and the client's RST shows that it knows of nothing."""
    client, server = facts.connections.client, facts.connections.server
    odd_answer = (server.pure_acks > 0) & ((server.syn_acks == 0) | (server.first_ns < server.first_syn_ns)) & (server.syns == 0)
    reset = (
        (client.rsts > 0)
        & (client.rst_ns - server.first_ns <= SECOND_NS)
        & ((server.syn_acks == 0) | (client.rst_ns <= server.first_syn_ns))
    )
    nothing_else = (server.syn_acks > 0) | ((client.payload_bytes == 0) & (server.payload_bytes == 0) & (client.fins == 0))
    about_old = ~facts.side_marked(CLIENT, records.HAS_ACKED) | (client.acked != client.isn)
    opened = facts.attempted & facts.marked(records.OPENED_BY_SYN) & ~facts.side_marked(CLIENT, records.RESET_WITH_ACK)
    return np.asarray(opened & odd_answer & reset & nothing_else & about_old)


def in_time_wait(facts: Facts) -> Mask:
    """Where the connection before had been closed by both ends, and one of them still keeps TIME-WAIT."""
    return facts.marked(records.REUSED_IN_TIME_WAIT)


def detour(facts: Facts, row: int) -> Text:
    """What went by until the SYN was heard, if it was."""
    answered_ns, asked_ns = int(facts.connections.server.first_syn_ns[row]), int(facts.connections.client.first_syn_ns[row])
    if bool(facts.answered[row]) and answered_ns > asked_ns > 0:
        return msg(
            "SYN, bare ACK, RST of the client, and a SYN-ACK {delay} after the first SYN", delay=format_duration(answered_ns - asked_ns)
        )
    return msg("SYN, bare ACK, RST of the client, and no SYN-ACK")
