"""What the machine must do, written down from RFC 9293's text state by state, without a look at the table.

A line for each stimulus, a cell for each state.  A cell is `.` (ignored: no row) or a row: the next state (`=` stays), then `+` and what
leaves.  Several rows of one cell are joined by `/`, each with its condition and `:` in front, in the order in which they are asked.
"""

from __future__ import annotations

from typing import NamedTuple

from estab.machine.states import State
from estab.machine.stimuli import Condition, Effect, Emission, Stimulus

CELLS = """
                        CL        LI        SS    SR        ES    F1    F2    CW    CG    LA    TW
PASSIVE_OPEN            LI        =         =     =         =     =     =     =     =     =     =
ACTIVE_OPEN             active    active    =     =         =     =     =     =     =     =     =
SEND                    =         active    =     early     =+ACK =     =     =+ACK =     =     =
CLOSE                   =         CL        CL    finish    F1+FIN =    =     LA+FIN =    =     =
ABORT                   =         CL        CL    CL+RST    CL+RST CL+RST CL+RST CL+RST CL CL   CL
OUT_OF_WINDOW           .         .         .     =+ACK     =+ACK =+ACK =+ACK =+ACK =+ACK =+ACK =+ACK
BLIND_RST               .         .         .     =+ACK     =+ACK =+ACK =+ACK =+ACK =+ACK =+ACK =+ACK
BAD_ACK                 =+RST     =+RST     =+RST =+RST     =+ACK =+ACK =+ACK =+ACK =+ACK =+ACK =+ACK
RST                     .         .         CL    refused   CL    CL    CL    CL    CL    CL    guarded
SYN                     =+RST     called    answered again  =+ACK =+ACK =+ACK =+ACK =+ACK =+ACK reopened
ACK_OF_SYN              .         .         .     ES        .     =     .     .     .     .     .
ACK                     .         .         .     .         =     =     =     =     =     =     .
ACK_OF_FIN              .         .         .     .         .     F2    .     .     TW    CL    .
TEXT                    =+RST     .         .     =         =+ACK =+ACK =+ACK .     .     .     .
FIN                     =+RST     .         .     CW+ACK    CW+ACK CG+ACK TW+ACK =+ACK =+ACK =+ACK =+ACK
RETRANSMISSION_TIMEOUT  .         .         =+SYN =+SYN_ACK =+ACK again1 .    =+ACK again2 again2 .
USER_TIMEOUT            .         CL        CL    CL        CL    CL    CL    CL    CL    CL    .
TIME_WAIT_TIMEOUT       .         .         .     .         .     .     .     .     .     .     CL
"""

# The cells with conditions, by name.
SEVERAL = {
    "active": "REMOTE_KNOWN:SS+SYN / OTHERWISE:=",
    "early": "FAST_OPEN:=+ACK / OTHERWISE:=",
    "finish": "SENDS_PENDING:= / OTHERWISE:F1+FIN",
    "refused": "PASSIVE_ORIGIN:LI / OTHERWISE:CL",
    "guarded": "TIME_WAIT_GUARDED:= / OTHERWISE:CL",
    "called": "WITH_ACK:=+RST / OTHERWISE:SR+SYN_ACK",
    "answered": "WITH_ACK:ES+ACK / OTHERWISE:SR+SYN_ACK",
    "again": "WITH_ACK:= / PASSIVE_ORIGIN:LI / OTHERWISE:=+ACK",
    "reopened": "WITH_ACK:=+ACK / NEWER_SYN:SR+SYN_ACK / OTHERWISE:=+ACK",
    "again1": "SYN_UNACKNOWLEDGED:=+SYN_ACK / DATA_UNACKNOWLEDGED:=+ACK / OTHERWISE:=+FIN",
    "again2": "DATA_UNACKNOWLEDGED:=+ACK / OTHERWISE:=+FIN",
}

SHORT = dict(zip(CELLS.split()[: len(State)], State, strict=True))

# Figure 5, arrow by arrow, with note 1; the figure's second CLOSED box is the first.
FIGURE_5 = """
CL LI PASSIVE_OPEN -
LI CL CLOSE -
CL SS ACTIVE_OPEN SYN
SS CL CLOSE -
LI SS SEND SYN
LI SR SYN SYN_ACK
SS SR SYN SYN_ACK
SS ES SYN ACK
SR LI RST -
SR ES ACK_OF_SYN -
SR F1 CLOSE FIN
ES F1 CLOSE FIN
ES CW FIN ACK
F1 F2 ACK_OF_FIN -
F1 CG FIN ACK
F2 TW FIN ACK
CG TW ACK_OF_FIN -
CW LA CLOSE FIN
LA CL ACK_OF_FIN -
TW CL TIME_WAIT_TIMEOUT -
"""

# What else each row does, and where that is written (without "RFC" where it is 9293): stimulus | states, * for all that are left |
# condition, * for all that are left | effects | clause.
DEEDS = """
PASSIVE_OPEN | CL | * | CREATE_TCB | 3.10.1
PASSIVE_OPEN | * | * | REFUSE_EXISTS | 3.10.1
ACTIVE_OPEN | CL | REMOTE_KNOWN | CREATE_TCB SELECT_ISS | 3.10.1
ACTIVE_OPEN | LI | REMOTE_KNOWN | BECOME_ACTIVE SELECT_ISS | 3.10.1
ACTIVE_OPEN | CL LI | OTHERWISE | REFUSE_UNSPECIFIED | 3.10.1
ACTIVE_OPEN | * | * | REFUSE_EXISTS | 3.10.1
SEND | CL | * | REFUSE_NO_CONNECTION | 3.10.2
SEND | LI | REMOTE_KNOWN | BECOME_ACTIVE SELECT_ISS QUEUE_DATA | 3.10.2
SEND | LI | OTHERWISE | REFUSE_UNSPECIFIED | 3.10.2
SEND | SR | FAST_OPEN | SEND_DATA | 7413 4.2.2
SEND | SS SR | * | QUEUE_DATA | 3.10.2
SEND | ES CW | * | SEND_DATA | 3.10.2
SEND | * | * | REFUSE_CLOSING | 3.10.2
CLOSE | CL | * | REFUSE_NO_CONNECTION | 3.10.4
CLOSE | LI SS | * | SIGNAL_CLOSING DELETE_TCB | 3.10.4
CLOSE | SR | SENDS_PENDING | QUEUE_CLOSE | 3.10.4
CLOSE | SR ES CW | * | QUEUE_FIN | 3.10.4
CLOSE | * | * | REFUSE_CLOSING | 3.10.4
ABORT | CL | * | REFUSE_NO_CONNECTION | 3.10.5
ABORT | LI SS | * | SIGNAL_RESET DELETE_TCB | 3.10.5
ABORT | CG LA TW | * | DELETE_TCB | 3.10.5
ABORT | * | * | SIGNAL_RESET FLUSH_QUEUES DELETE_TCB | 3.10.5
OUT_OF_WINDOW | * | * | DROP_REST | 3.10.7.4
BLIND_RST | * | * | DROP_REST | 5961 3
BAD_ACK | CL | * | DROP_REST | 3.10.7.1
BAD_ACK | LI | * | DROP_REST | 3.10.7.2
BAD_ACK | SS | * | DROP_REST | 3.10.7.3
BAD_ACK | SR | * | DROP_REST | 3.10.7.4
BAD_ACK | * | * | DROP_REST | 5961 5
RST | SS | * | SIGNAL_RESET DELETE_TCB | 3.10.7.3
RST | SR | PASSIVE_ORIGIN | FORGET_PEER DROP_REST | 3.10.7.4
RST | SR | OTHERWISE | SIGNAL_REFUSED FLUSH_QUEUES DELETE_TCB | 3.10.7.4
RST | ES F1 F2 CW | * | SIGNAL_RESET FLUSH_QUEUES DELETE_TCB | 3.10.7.4
RST | TW | TIME_WAIT_GUARDED | DROP_REST | 1337 3
RST | CG LA TW | * | DELETE_TCB | 3.10.7.4
SYN | CL | * | DROP_REST | 3.10.7.1
SYN | LI | WITH_ACK | DROP_REST | 3.10.7.2
SYN | LI | OTHERWISE | RECORD_PEER_SYN SELECT_ISS QUEUE_REST | 3.10.7.2
SYN | SS | WITH_ACK | RECORD_PEER_SYN RECORD_SYN_ACKED SIGNAL_OPEN | 3.10.7.3
SYN | SS | OTHERWISE | RECORD_PEER_SYN QUEUE_REST | 3.10.7.3
SYN | SR | WITH_ACK | TRIM_SYN | 3.5
SYN | SR | PASSIVE_ORIGIN | FORGET_PEER DROP_REST | 3.10.7.4
SYN | TW | NEWER_SYN | CREATE_TCB RECORD_PEER_SYN SELECT_ISS QUEUE_REST | 6191 2
SYN | * | * | DROP_REST | 3.10.7.4
ACK_OF_SYN | SR | * | RECORD_SYN_ACKED SIGNAL_OPEN | 3.10.7.4
ACK_OF_SYN | F1 | * | RECORD_SYN_ACKED | 3.10.7.4
ACK | ES F1 F2 CW | * | ADVANCE_SND_UNA UPDATE_SND_WND | 3.10.7.4
ACK | CG | * | ADVANCE_SND_UNA UPDATE_SND_WND DROP_REST | 3.10.7.4
ACK | LA | * | ADVANCE_SND_UNA UPDATE_SND_WND | 3.4
ACK_OF_FIN | F1 | * | ADVANCE_SND_UNA UPDATE_SND_WND RECORD_FIN_ACKED | 3.10.7.4
ACK_OF_FIN | CG | * | ADVANCE_SND_UNA RECORD_FIN_ACKED START_TIME_WAIT | 3.10.7.4
ACK_OF_FIN | LA | * | RECORD_FIN_ACKED DELETE_TCB | 3.10.7.4
TEXT | CL | * | DROP_REST | 3.10.7.1
TEXT | SR | * | QUEUE_TEXT | 3.10.7.2
TEXT | * | * | QUEUE_TEXT | 3.10.7.4
FIN | CL | * | DROP_REST | 3.10.7.1
FIN | SR ES F1 | * | ADVANCE_OVER_FIN SIGNAL_CLOSING | 3.10.7.4
FIN | F2 | * | ADVANCE_OVER_FIN SIGNAL_CLOSING START_TIME_WAIT | 3.10.7.4
FIN | TW | * | RESTART_TIME_WAIT | 3.10.7.4
FIN | * | * | | 3.10.7.4
RETRANSMISSION_TIMEOUT | * | * | RETRANSMIT | 3.10.8
USER_TIMEOUT | * | * | FLUSH_QUEUES SIGNAL_TIMEOUT DELETE_TCB | 3.10.8
TIME_WAIT_TIMEOUT | TW | * | DELETE_TCB | 3.10.8
"""


class Expected(NamedTuple):
    """One row as the RFC has it."""

    state: State
    stimulus: Stimulus
    condition: Condition
    next: State
    emits: Emission


def expected_rows() -> list[Expected]:
    """Every cell of CELLS that is not ignored, conditions unfolded."""
    return [
        _expected(state, stimulus, choice)
        for state, stimulus, cell in _cells()
        if cell != "."
        for choice in SEVERAL.get(cell, f"ALWAYS:{cell}").split(" / ")
    ]


def _expected(state: State, stimulus: Stimulus, choice: str) -> Expected:
    condition, reaction = choice.split(":")
    target, _, emission = reaction.partition("+")
    return Expected(state, stimulus, Condition[condition], state if target == "=" else SHORT[target], Emission[emission or "NONE"])


def expected_deeds(row: Expected) -> tuple[set[Effect], str]:
    """The effects and the clause of a row: the first line of DEEDS that speaks of it."""
    for line in DEEDS.strip().splitlines():
        stimulus, states, condition, effects, clause = (part.strip() for part in line.split("|"))
        here = states == "*" or row.state in [SHORT[name] for name in states.split()]
        if here and stimulus == row.stimulus.name and condition in ("*", row.condition.name):
            rfc, _, section = clause.rpartition(" ")
            return {Effect[name] for name in effects.split()}, f"RFC {rfc or 9293} §{section}"
    raise LookupError(row)


def ignored_pairs() -> set[tuple[State, Stimulus]]:
    """The cells that have no row."""
    return {(state, stimulus) for state, stimulus, cell in _cells() if cell == "."}


def _cells() -> list[tuple[State, Stimulus, str]]:
    lines = [line.split() for line in CELLS.strip().splitlines()[1:]]
    return [(state, Stimulus[name], cell) for name, *cells in lines for state, cell in zip(State, cells, strict=True)]


def figure_5() -> list[Expected]:
    """The arrows of the figure; conditions are not in it."""
    arrows = [line.split() for line in FIGURE_5.strip().splitlines()]
    return [
        Expected(SHORT[source], Stimulus[cause], Condition.ALWAYS, SHORT[target], Emission["NONE" if sent == "-" else sent])
        for source, target, cause, sent in arrows
    ]
