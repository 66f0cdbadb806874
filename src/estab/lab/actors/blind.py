"""Attackers who do not see the packets: they guess (RFC 5961)."""

from __future__ import annotations

from dataclasses import dataclass

from estab.instant import SECOND_NS
from estab.lab.actors.raw import RawActor
from estab.wire.segment import RST, SYN, Segment, SynOptions


@dataclass(slots=True)
class BlindGuesser:
    """Forged segments of a connection whose four-tuple is known and whose numbers are not, spread over the sequence space."""

    actor: RawActor
    forged: tuple[str, int]
    """In whose name."""
    target: tuple[str, int]
    flags: int = RST

    @staticmethod
    def of_syn(actor: RawActor, forged: tuple[str, int], target: tuple[str, int]) -> BlindGuesser:
        """The same with SYNs."""
        return BlindGuesser(actor, forged, target, SYN)

    def start(self, count: int, *, rate: int, first: int = 0, step: int | None = None, after_ns: int = 0) -> None:
        """Sends so many guesses: `first`, `first + step`, ...; without a step they divide the space evenly."""
        distance = step if step is not None else (1 << 32) // count

        def one(number: int) -> None:
            syn = SynOptions(mss_bytes=1460) if self.flags & SYN else None
            guess = Segment((first + number * distance) & 0xFFFFFFFF, 0, self.flags, 0 if self.flags & RST else 64_240, syn=syn)
            self.actor.send(self.forged, self.target, guess)

        self.actor.repeat(count, SECOND_NS // rate, one, after_ns=after_ns)
