"""The closed vocabulary of the state machine: what causes a row, what it depends on, what leaves, what else is done.

Names only: the engine maps effects to its own methods, an observer ignores them, the pages print the values.
"""

from __future__ import annotations

import enum


class Cause(enum.Enum):
    """Where a stimulus comes from (RFC 9293 §3.10)."""

    CALL = "user call"
    SEGMENT = "arriving segment"
    TIMER = "timeout"


class Stimulus(enum.Enum):
    """One reason to consult the table; the value holds its label and where it comes from.

    Calls that neither change a state nor send anything by themselves (RECEIVE, STATUS) are not stimuli.  One arriving segment is
    several stimuli, taken in the order of this class, which is the order of RFC 9293 §3.10.7.4: either it is refused, which is one
    of the first three, or what it means is taken step by step from RST to FIN.
    """

    PASSIVE_OPEN = ("passive OPEN", Cause.CALL)
    ACTIVE_OPEN = ("active OPEN", Cause.CALL)
    SEND = ("SEND", Cause.CALL)
    CLOSE = ("CLOSE", Cause.CALL)
    ABORT = ("ABORT", Cause.CALL)
    """The user's ABORT, or the host's own (unread data at CLOSE, text after CLOSE: RFC 9293 §3.6.1, SHLD-3)."""

    OUT_OF_WINDOW = ("unacceptable segment", Cause.SEGMENT)
    """A segment without RST outside the receive window (Table 6), or one that PAWS refuses (RFC 7323 §5)."""
    BLIND_RST = ("RST off the edge", Cause.SEGMENT)
    """A RST within the window, but not at RCV.NXT (RFC 5961 §3); in SYN-SENT one without an ACK of the SYN."""
    BAD_ACK = ("unacceptable ACK", Cause.SEGMENT)
    """A segment without RST that acknowledges what has not been sent, or what is older than any window; in CLOSED and LISTEN any ACK."""

    RST = ("RST", Cause.SEGMENT)
    """A valid one (RFC 9293 §3.5.3): at RCV.NXT, or in SYN-SENT one that acknowledges the SYN."""
    SYN = ("SYN", Cause.SEGMENT)
    ACK_OF_SYN = ("ACK of SYN", Cause.SEGMENT)
    ACK = ("ACK", Cause.SEGMENT)
    """Of data, or of nothing new."""
    ACK_OF_FIN = ("ACK of FIN", Cause.SEGMENT)
    TEXT = ("text", Cause.SEGMENT)
    FIN = ("FIN", Cause.SEGMENT)

    RETRANSMISSION_TIMEOUT = ("RETRANSMISSION TIMEOUT", Cause.TIMER)
    USER_TIMEOUT = ("USER TIMEOUT", Cause.TIMER)
    """Any limit of patience: the user timeout, the last retransmission, the last keepalive probe, an orphan's FIN-WAIT-2."""
    TIME_WAIT_TIMEOUT = ("TIME-WAIT TIMEOUT", Cause.TIMER)

    def __init__(self, label: str, cause: Cause) -> None:
        self.label, self.cause = label, cause

    @property
    def is_internal(self) -> bool:
        """True for what happens inside the host, so that a capture shows at most what leaves because of it."""
        return self.cause is not Cause.SEGMENT


class Meaning(enum.IntFlag):
    """What an arriving segment means to the endpoint, as far as an observer can tell."""

    SYN = 1
    ACK_OF_SYN = 2
    ACK_OF_FIN = 4
    FIN = 8
    RST = 16
    TEXT = 32


class Fact(enum.IntFlag):
    """What is known for certain of an endpoint's past; a bit that is not set means unknown, never no."""

    SYN_RECEIVED = 1
    """It has received the peer's SYN: its ACK covers it."""
    FIN_RECEIVED = 2
    """It has received the peer's FIN: its ACK covers it."""
    FIN_SENT = 4
    """It has sent a FIN, now or before."""
    FIN_ACKED = 8
    """It has received an ACK of its FIN.  An ACK that has only been seen to pass does not prove this: it may get lost."""


class Emission(enum.IntEnum):
    """What leaves; the first five index the tables of `compiled`."""

    SYN = 0
    SYN_ACK = 1
    ACK = 2
    """Any segment with ACK and without SYN, FIN and RST, with data or without."""
    FIN = 3
    """Any segment with FIN."""
    RST = 4
    NONE = 5

    @property
    def label(self) -> str:
        """The control bits as the RFC's figures write them; nothing for NONE."""
        return "" if self is Emission.NONE else self.name.replace("_", ",")


class Condition(enum.Enum):
    """What a row depends on beside state and stimulus.

    Of the rows of one (state, stimulus), the first whose condition holds is the one; the last is ALWAYS (if alone) or OTHERWISE.
    """

    ALWAYS = ""
    OTHERWISE = "otherwise"
    REMOTE_KNOWN = "the remote socket is specified"
    SENDS_PENDING = "data is waiting to be sent"
    FAST_OPEN = "the SYN brought a valid Fast Open cookie"
    PASSIVE_ORIGIN = "the connection came from LISTEN"
    WITH_ACK = "the segment carries an ACK too"
    """Within the states that have sent a SYN: one that is acceptable."""
    NEWER_SYN = "the SYN is provably newer than the old connection"
    TIME_WAIT_GUARDED = "the host ignores RST in TIME-WAIT"
    SYN_UNACKNOWLEDGED = "the SYN is at the front of the retransmission queue"
    DATA_UNACKNOWLEDGED = "data is at the front of the retransmission queue"


class Effect(enum.Enum):
    """What else a row does, by name."""

    CREATE_TCB = "create the TCB"
    DELETE_TCB = "delete the TCB"
    BECOME_ACTIVE = "change the connection from passive to active"
    SELECT_ISS = "select ISS; SND.UNA <- ISS, SND.NXT <- ISS+1"
    RECORD_PEER_SYN = "IRS <- SEG.SEQ, RCV.NXT <- SEG.SEQ+1"
    FORGET_PEER = "forget the peer, flush the retransmission queue"
    TRIM_SYN = "cut off the SYN, which is the one already received, and go on"
    RECORD_SYN_ACKED = "our SYN is acknowledged; take over the send window"
    ADVANCE_SND_UNA = "advance SND.UNA, remove what is acknowledged from the retransmission queue"
    UPDATE_SND_WND = "update the send window"
    RECORD_FIN_ACKED = "our FIN is acknowledged"
    ADVANCE_OVER_FIN = "advance RCV.NXT over the FIN"
    QUEUE_TEXT = "queue the text for RECEIVE"
    QUEUE_DATA = "queue the data until ESTABLISHED"
    SEND_DATA = "segmentize the data"
    QUEUE_FIN = "queue a FIN behind the data"
    QUEUE_CLOSE = "queue the CLOSE until ESTABLISHED"
    RETRANSMIT = "send the front of the retransmission queue again, restart its timer"
    START_TIME_WAIT = "start the time-wait timer, turn off the others"
    RESTART_TIME_WAIT = "restart the time-wait timer"
    FLUSH_QUEUES = "flush all queues"
    SIGNAL_OPEN = "signal: connection established"
    SIGNAL_CLOSING = "signal: connection closing"
    SIGNAL_REFUSED = "signal: connection refused"
    SIGNAL_RESET = "signal: connection reset"
    SIGNAL_TIMEOUT = "signal: connection aborted due to user timeout"
    REFUSE_NO_CONNECTION = "error: connection does not exist"
    REFUSE_EXISTS = "error: connection already exists"
    REFUSE_UNSPECIFIED = "error: remote socket unspecified"
    REFUSE_CLOSING = "error: connection closing"
    QUEUE_REST = "keep the rest of the segment until ESTABLISHED"
    DROP_REST = "drop the rest of the segment"


STOPPING = frozenset({Effect.QUEUE_REST, Effect.DROP_REST, Effect.DELETE_TCB})
"""After a row with one of these no later step of the same segment is taken (the RFC's "and return")."""
