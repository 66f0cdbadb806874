"""A sender against a scripted receiver: time in milliseconds, data from position 1 on, what leaves as words.

`1:3001` is new data (neighbours that leave together are joined), `R 1:1001` a repetition, `F` stands behind what carries the FIN,
`W 0` is a window probe.
"""

from __future__ import annotations

from typing import Any

from estab.chance import Chance
from estab.engine.options import Negotiated
from estab.engine.sending.outgoing import Action, Outgoing, SenderVerdict
from estab.engine.sending.profile import LINUX_PROFILE, SendingProfile
from estab.engine.sending.sender import Sender
from estab.instant import MILLISECOND_NS
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values

LINUX = profile_values(Profile.LINUX)


def word(outgoing: Outgoing) -> str:
    if outgoing.is_probe:
        return f"W {outgoing.seq}"
    kind = "R " if outgoing.is_retransmission else ""
    return f"{kind}{outgoing.seq}:{outgoing.seq + len(outgoing.payload)}{'F' if outgoing.fin else ''}"


def joined(sent: list[Outgoing]) -> list[str]:
    """Words, with neighbours of one kind put together."""
    words: list[str] = []
    end = None
    for outgoing in sent:
        new = word(outgoing)
        before = words[-1] if words else ""
        if end == outgoing.seq and not outgoing.is_probe and before.startswith("R ") == outgoing.is_retransmission:
            words[-1] = f"{before[: before.index(':')]}:{new[new.index(':') + 1 :]}"
        else:
            words.append(new)
        end = outgoing.end if not outgoing.is_probe else None
    return words


class Line:
    """One connection; the handshake took `rtt_ms` and ends at time 0."""

    def __init__(
        self,
        *,
        sack: bool = True,
        mss: int = 1000,
        window: int = 40_960,
        rtt_ms: int = 100,
        ecn: bool = False,
        timestamps: bool = False,
        profile: SendingProfile = LINUX_PROFILE,
        congestion: str | None = None,
        at_ms: float = 1000,
        **knobs: Any,
    ) -> None:
        self.origin_ms = at_ms
        self.window = window
        self.now_ns = round(at_ms * MILLISECOND_NS)
        self.sender = Sender(
            LINUX.but(**knobs) if knobs else LINUX,
            Chance(1),
            iss=0,
            options=Negotiated(sack=sack, ecn=ecn, timestamps=timestamps),
            mss_bytes=mss,
            now_ns=self.now_ns,
            profile=profile,
            congestion=congestion,
        )
        self.sender.on_established(window, 1, self.now_ns)
        if rtt_ms:
            self.sender.on_handshake_rtt(rtt_ms * MILLISECOND_NS, self.now_ns)
        self.raw: list[Outgoing] = []
        self.taken = 0
        self.verdict = SenderVerdict(Action.NOTHING)

    @property
    def at(self) -> float:
        """Milliseconds since the handshake."""
        return self.now_ns / MILLISECOND_NS - self.origin_ms

    def sent(self) -> list[str]:
        """All that may leave now."""
        self.raw = []
        while (outgoing := self.sender.next(self.now_ns)) is not None:
            self.raw.append(outgoing)
        return joined(self.raw)

    def write(self, count: int, *, after: float = 0, **how: Any) -> list[str]:
        self.now_ns += round(after * MILLISECOND_NS)
        self.taken = self.sender.write(bytes(count), self.now_ns, **how)
        return self.sent()

    def close(self, *, after: float = 0) -> list[str]:
        self.now_ns += round(after * MILLISECOND_NS)
        self.sender.queue_fin(self.now_ns)
        return self.sent()

    def ack(
        self,
        number: int,
        *blocks: tuple[int, int],
        after: float = 0,
        window: int | None = None,
        echo_ms: float | None = None,
        data: int = 0,
        ece: bool = False,
    ) -> list[str]:
        """An ACK arrives `after` milliseconds from now; `echo_ms` is the time whose timestamp it echoes.

        What deadlines sent meanwhile stands in front.
        """
        before = [word for _, words in self.wait(after) for word in words] if after else []
        self.window = self.window if window is None else window
        echo = None if echo_ms is None else int(echo_ms + self.origin_ms) * MILLISECOND_NS
        self.result = self.sender.on_ack(
            number, seg_seq=1, seg_len=data, window=self.window, sack=blocks, tsecr_ns=echo, ece=ece, now_ns=self.now_ns
        )
        return before + self.sent()

    def wait(self, ms: float) -> list[tuple[float, list[str]]]:
        """Lets time pass; gives what the deadlines within it sent, each with its distance from the beginning in milliseconds."""
        begin, end = self.now_ns, self.now_ns + round(ms * MILLISECOND_NS)
        happened: list[tuple[float, list[str]]] = []
        while (due := self.sender.deadline()) is not None and due <= end:
            self.now_ns = max(due, self.now_ns)
            self.verdict = self.sender.on_deadline(self.now_ns)
            if words := self.sent():
                happened.append((round((self.now_ns - begin) / MILLISECOND_NS, 3), words))
            if self.verdict.action is Action.GAVE_UP:
                return happened
        self.now_ns = end
        return happened
