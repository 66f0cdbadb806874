"""TCP_INFO under the names of the kernel: what blocks of code in a script see."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from estab.machine.states import State
from estab.snapshot import CongestionState, TcpInfo, TcpOption

_UNIT = re.compile(r"_(us|ms|bytes_per_s|segments|bytes)$")
_KEEPS_ITS_UNIT = frozenset({"notsent_bytes"})

STATE_NUMBERS: Mapping[State, int] = {
    State.ESTABLISHED: 1, State.SYN_SENT: 2, State.SYN_RECEIVED: 3, State.FIN_WAIT_1: 4, State.FIN_WAIT_2: 5, State.TIME_WAIT: 6,
    State.CLOSED: 7, State.CLOSE_WAIT: 8, State.LAST_ACK: 9, State.LISTEN: 10, State.CLOSING: 11,
}  # fmt: skip
"""include/net/tcp_states.h."""

CONSTANTS: Mapping[str, int] = {
    "TCP_ESTABLISHED": 1, "TCP_SYN_SENT": 2, "TCP_SYN_RECV": 3, "TCP_FIN_WAIT1": 4, "TCP_FIN_WAIT2": 5, "TCP_TIME_WAIT": 6, "TCP_CLOSE": 7,
    "TCP_CLOSE_WAIT": 8, "TCP_LAST_ACK": 9, "TCP_LISTEN": 10, "TCP_CLOSING": 11,
    "TCP_CA_Open": CongestionState.OPEN, "TCP_CA_Disorder": CongestionState.DISORDER, "TCP_CA_CWR": CongestionState.CWR,
    "TCP_CA_Recovery": CongestionState.RECOVERY, "TCP_CA_Loss": CongestionState.LOSS,
    "TCPI_OPT_TIMESTAMPS": TcpOption.TIMESTAMPS, "TCPI_OPT_SACK": TcpOption.SACK, "TCPI_OPT_WSCALE": TcpOption.WINDOW_SCALE,
    "TCPI_OPT_ECN": TcpOption.ECN, "TCPI_OPT_ECN_SEEN": TcpOption.ECN_SEEN, "TCPI_OPT_SYN_DATA": TcpOption.SYN_DATA,
    "TCP_INFINITE_SSTHRESH": 0x7FFFFFFF,
}  # fmt: skip


def kernel_name(field: str) -> str:
    """The kernel's name of a field of TcpInfo.

    >>> kernel_name("snd_cwnd_segments"), kernel_name("rtt_us"), kernel_name("notsent_bytes")
    ('tcpi_snd_cwnd', 'tcpi_rtt', 'tcpi_notsent_bytes')
    """
    return f"tcpi_{field if field in _KEEPS_ITS_UNIT else _UNIT.sub('', field)}"


_FIELDS = tuple((field.name, kernel_name(field.name)) for field in dataclasses.fields(TcpInfo))


def code_names(info: TcpInfo) -> dict[str, Any]:
    """Every name that code may use: the values of this connection, and the constants."""
    values: dict[str, Any] = {name: getattr(info, field) for field, name in _FIELDS}
    values["tcpi_state"] = STATE_NUMBERS[info.state]
    return {**CONSTANTS, **{name: int(value) if isinstance(value, int) else value for name, value in values.items()}}
