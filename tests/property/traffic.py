"""Packet sequences for properties: packets on a few four-tuples that mostly make sense, and some that make none.

A sequence is made from a list of small draws, one a packet, so that Hypothesis can shorten it.  Each direction of each four-tuple keeps a
position; a packet is placed relative to it (mostly right at it), so that repetitions, gaps, stale and absurd numbers all turn up.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from estab.instant import MICROSECOND_NS, MILLISECOND_NS, SECOND_NS
from estab.lives import Life
from estab.wire.columns import (
    ACK,
    FIN,
    KIND_ICMP_ERROR,
    KIND_TCP,
    NO_IP_ID,
    OPT_MSS,
    OPT_SACK,
    OPT_SACK_PERMITTED,
    OPT_TIMESTAMPS,
    OPT_WINDOW_SCALE,
    PACKET,
    RST,
    SYN,
)
from estab.wire.flowhash import endpoint_hash, pair_hash

FLAGS = (SYN, SYN, SYN | ACK, SYN | ACK, ACK, ACK, ACK, ACK, ACK, ACK, FIN | ACK, FIN | ACK, RST, RST | ACK, SYN | FIN, 0)
OFFSETS = (0, 0, 0, 0, 0, 0, 0, 0, -1, -100, 100, 1460, -1461, 1 << 31, 70_000, -70_000)
ACK_OFFSETS = (0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -100, 1, 100, 1 << 31, 1 << 20, -1460)
SHORT_STEPS_US = (0, 1, 30, 300, 1_000, 4_000, 40_000, 210_000)
LONG_STEPS_S = (1, 3, 70, 130, 300)
STEPS_NS = (*(step * MICROSECOND_NS for step in SHORT_STEPS_US), *(step * SECOND_NS for step in LONG_STEPS_S))
PAYLOADS = (0, 0, 0, 0, 1, 100, 1460, 1460, 4380, 65_000)
WINDOWS = (65_535, 65_535, 65_535, 1000, 0, 0)
SACKS = ((), (), (), (100, 200), (-200, -100), (-50, 50), (1460, 2920))
IDS = ("counter", "counter", "counter", "same", "zero", "none")


class Draw(NamedTuple):
    """What is chosen of one packet; numbers are places in the tuples above, modulo their lengths."""

    pair: int
    side: int
    flags: int
    offset: int
    ack: int
    payload: int
    step: int
    window: int
    sack: int
    ident: int
    icmp: int


DRAWS = st.lists(st.builds(Draw, *[st.integers(0, 63)] * len(Draw._fields)), min_size=1, max_size=60)


def random_draws(seed: int, count: int) -> list[Draw]:
    """As many draws without Hypothesis."""
    chance = random.Random(seed)
    return [Draw(*(chance.randrange(64) for _ in Draw._fields)) for _ in range(count)]


class Traffic:
    """Makes packets of draws."""

    def __init__(self, pairs: int = 3, *, slowly: bool = True) -> None:
        self.pairs = pairs
        self.steps = STEPS_NS if slowly else STEPS_NS[: len(SHORT_STEPS_US)]
        self.now_ns = 1_700_000_000 * SECOND_NS
        self.next = {(pair, side): (0xFFFF_FF00, 0x7FFF_FFF0)[side] for pair in range(pairs) for side in (0, 1)}
        self.ids = dict.fromkeys(self.next, 60_000)
        self.rows: list[Any] = []

    def add(self, draw: Draw) -> None:
        """One more packet."""
        self.now_ns += self.steps[draw.step % len(self.steps)] if draw.step % 3 == 0 else MICROSECOND_NS
        pair, side = draw.pair % self.pairs, draw.side & 1
        row = Life.INTERPRETED.rows(PACKET, 1)[0]
        row.time_ns, row.frame, row.kind, row.connection = self.now_ns, len(self.rows) + 1, KIND_TCP, -1
        self._address(row, pair, side)
        self._numbers(row, draw, pair, side)
        if draw.icmp > 60:
            row.kind, row.icmp_type, row.icmp_code, row.icmp_mtu = KIND_ICMP_ERROR, 3, draw.flags % 16, 1400 * (draw.flags & 1)
        self.rows.append(row)

    def _address(self, row: Any, pair: int, side: int) -> None:
        ends = [((0, 0, 0xFFFF, 0x0A000001), 40_000 + pair), ((0, 0, 0xFFFF, 0x0A000002 - (pair == 0)), 80 if pair else 40_000)]
        (source, row.sport), (target, row.dport) = ends[side], ends[1 - side]
        row.src0, row.src1, row.src2, row.src3 = source
        row.dst0, row.dst1, row.dst2, row.dst3 = target
        row.hash = pair_hash(endpoint_hash(*source, row.sport), endpoint_hash(*target, row.dport))

    def _numbers(self, row: Any, draw: Draw, pair: int, side: int) -> None:
        row.flags = FLAGS[draw.flags % len(FLAGS)]
        row.payload = 0 if row.flags & (SYN | RST) else PAYLOADS[draw.payload % len(PAYLOADS)]
        start = self.next[pair, side] + OFFSETS[draw.offset % len(OFFSETS)]
        if row.flags & SYN and draw.offset > 60:
            start += 1_000_000
        row.seq = start & 0xFFFFFFFF
        end = start + row.payload + bool(row.flags & SYN) + bool(row.flags & FIN)
        if end - self.next[pair, side] < 100_000:
            self.next[pair, side] = max(self.next[pair, side], end)
        acknowledged = self.next[pair, 1 - side] + ACK_OFFSETS[draw.ack % len(ACK_OFFSETS)]
        row.ack = acknowledged & 0xFFFFFFFF if row.flags & ACK else 0
        row.window = WINDOWS[draw.window % len(WINDOWS)]
        row.ttl = 64 - draw.window // 60
        self._options(row, draw, acknowledged)
        self._identify(row, draw, pair, side)

    def _options(self, row: Any, draw: Draw, acknowledged: int) -> None:
        if row.flags & SYN:
            row.options, row.mss, row.wscale = OPT_MSS | OPT_WINDOW_SCALE | OPT_SACK_PERMITTED, 1460, draw.sack % 16
        elif sack := SACKS[draw.sack % len(SACKS)]:
            row.options, row.sack_blocks = OPT_SACK, 1
            row.sack0_left, row.sack0_right = ((acknowledged + edge) & 0xFFFFFFFF for edge in sack)
        if draw.pair & 4:
            row.options |= OPT_TIMESTAMPS
            row.tsval, row.tsecr = self.now_ns // MILLISECOND_NS & 0xFFFFFFFF, 1

    def _identify(self, row: Any, draw: Draw, pair: int, side: int) -> None:
        how = IDS[draw.ident % len(IDS)]
        self.ids[pair, side] += how == "counter"
        row.ip_id = {"none": NO_IP_ID, "zero": 0}.get(how, self.ids[pair, side] & 0xFFFF)


def traffic(draws: list[Draw], pairs: int = 3, *, slowly: bool = True) -> list[Any]:
    """Interpreted rows of the packets that the draws make."""
    made = Traffic(pairs, slowly=slowly)
    for draw in draws:
        made.add(draw)
    return made.rows
