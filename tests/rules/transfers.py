"""Transfers for the tests of rules about losses, order and windows: segments of equal size by number, acknowledgements by number.

transfer = Transfer(capture)            # a connection with SACK, MSS 1460 and a round trip of 20 ms, captured at the sender
transfer.send(0, 1, 2)                  # segments 0, 1 and 2
transfer.ack(1, sack=(2, 3))            # everything below 1, and 2 besides
"""

from __future__ import annotations

from typing import Any

from estab.wire.columns import OPT_MSS, OPT_SACK, OPT_SACK_PERMITTED, OPT_TIMESTAMPS
from tests.rules.conversation import Capture, Conversation

SIZE = 1_460
OFFER = {"options": OPT_MSS | OPT_SACK_PERMITTED, "mss": SIZE}


class Transfer:
    """The server sends to the client; `beside` is the end at which the capture is taken, `window` what the client offers."""

    def __init__(self, capture: Capture, *, rtt: str = "20ms", beside: str = "server", sack: bool = True, window: int = 65_535) -> None:
        self.capture = capture
        offer = OFFER if sack else {"options": OPT_MSS, "mss": SIZE}
        self.talk: Conversation = capture.talk()
        self.talk.ends["client"].window = window
        self.talk.client("S", **offer)
        if beside == "client":
            capture.wait(rtt)
        self.talk.server("SA", **offer)
        if beside == "server":
            capture.wait(rtt)
        self.talk.client("A").client("PA", data=100)
        if beside == "client":
            capture.wait(rtt)
        self.talk.server("A")
        self.start = self.talk.ends["server"].next
        self.rtt = rtt

    def send(self, *numbers: int, size: int = SIZE, **more: Any) -> Transfer:
        """The segments of these numbers; words and fields as in a conversation."""
        for number in numbers:
            self.talk.server("A", data=size, seq=self.start + number * SIZE, **more)
        return self

    def ack(self, below: int, *, sack: tuple[int, int] | None = None, **more: Any) -> Transfer:
        """An acknowledgement of everything below a segment; `sack` names one block, from and to."""
        if sack is not None:
            blocks = {"sack0_left": self.start + sack[0] * SIZE, "sack0_right": self.start + sack[1] * SIZE}
            more = {"options": OPT_SACK, "sack_blocks": 1, **blocks, **more}
        self.talk.client("A", ack=self.start + below * SIZE, **more)
        return self

    def wait(self, duration: str) -> Transfer:
        """Lets time pass."""
        self.capture.wait(duration)
        return self

    def bulk(self, first: int, last: int) -> Transfer:
        """Segments from first up to last, each acknowledged a round trip later."""
        for begin in range(first, last, 10):
            self.send(*range(begin, min(begin + 10, last))).wait(self.rtt).ack(min(begin + 10, last))
        return self

    def lose_one(self, number: int) -> Transfer:
        """A segment is lost behind the capture point and repaired on the receiver's word."""
        self.send(number, dropped=True).send(number + 1, number + 2, number + 3).wait(self.rtt)
        for above in (2, 3, 4):
            self.ack(number, sack=(number + 1, number + above))
        return self.send(number).wait(self.rtt).ack(number + 4)


def stamped(value: int, echo: int) -> dict[str, Any]:
    """Fields of a packet with timestamps."""
    return {"options": OPT_TIMESTAMPS, "tsval": value, "tsecr": echo}
