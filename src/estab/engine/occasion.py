"""Why the machine is asked: one arriving segment, one call or one timeout, with what belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.machine.states import State
from estab.machine.stimuli import Stimulus

if TYPE_CHECKING:
    from estab.engine.events import Patience
    from estab.engine.sending.sender import AckResult
    from estab.wire.segment import Segment


class Occasion:
    """What the conditions, effects and emissions of a row may look at; a segment's positions are unwrapped and trimmed as steps go on."""

    __slots__ = (
        "ack",  # SEG.ACK
        "data",  # of a SEND
        "ecn",
        "end_of_record",
        "errno",  # what the user is told if the row ends the connection
        "fin",  # FIN within the window
        "more",
        "now_ns",
        "patience",
        "result",  # what the acknowledgment did
        "segment",
        "seq",  # SEG.SEQ of the text that is left
        "stimulus",
        "taken",  # bytes of `data` that were taken
        "text",
        "urgent",
        "was",  # the state before the row
    )

    def __init__(self, now_ns: int, segment: Segment | None = None, *, ecn: int = 0) -> None:
        self.now_ns, self.segment, self.ecn = now_ns, segment, ecn
        self.stimulus: Stimulus | None = None
        self.was = State.CLOSED
        self.seq = self.ack = self.taken = 0
        self.text = b"" if segment is None else segment.payload
        self.fin = self.urgent = self.more = self.end_of_record = False
        self.data: bytes | memoryview = b""
        self.errno: int | None = None
        self.patience: Patience | None = None
        self.result: AckResult | None = None
