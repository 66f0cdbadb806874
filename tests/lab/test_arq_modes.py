"""The three ways to repair losses that textbooks tell apart, on the same cable with the same losses."""

from __future__ import annotations

import itertools

from estab.engine.sending.profile import ArqMode, SendingProfile
from estab.lab.loss import nth
from estab.lab.packets import Datum
from estab.lab.process import Process
from estab.lab.stage import SERVER
from estab.wire.segment import Packet
from tests.lab.nets import Net

SEGMENTS = 12
MSS_BYTES = 1448


class Sent:
    """What a sender in one mode put on the cable: the number of each data segment, from 0, in the order of sending."""

    def __init__(self, mode: ArqMode, lost: int) -> None:
        self.net = Net(delay="20ms")
        self.net.client.sending = SendingProfile(arq_mode=mode)
        self.net.link.toward(self.net.server).change(loss=nth(lost + 3))  # SYN and ACK went before
        self.numbers: list[int] = []
        self.times_ns: list[int] = []
        self.first = -1
        self.net.world.tap(self.net.client).observers.append(self._see)
        self.net.server.run(self._server)
        self.net.client.run(self._client)
        self.received = b""
        self.net.world.run_for("1min")

    def _see(self, datum: Datum, time_ns: int, frame: int) -> None:
        del frame
        if isinstance(datum, Packet) and datum.segment.payload:
            self.first = datum.segment.seq if self.first < 0 else self.first
            self.numbers.append((datum.segment.seq - self.first) // MSS_BYTES)
            self.times_ns.append(time_ns)

    async def _server(self, host: Process) -> None:
        self.received = await (await host.listen(80).accept()).recv_all()

    async def _client(self, host: Process) -> None:
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(bytes(SEGMENTS * MSS_BYTES))


def test_selective_repeat_sends_again_what_is_missing() -> None:
    sent = Sent(ArqMode.SELECTIVE, lost=2)
    assert len(sent.received) == SEGMENTS * MSS_BYTES
    assert sorted(sent.numbers) == sorted([*range(SEGMENTS), 2])


def test_go_back_n_sends_again_all_from_what_is_missing() -> None:
    sent = Sent(ArqMode.GO_BACK_N, lost=2)
    assert len(sent.received) == SEGMENTS * MSS_BYTES
    again = [number for number in range(SEGMENTS) if sent.numbers.count(number) > 1]
    assert again[0] == 2 and len(again) >= 4 and again == list(range(2, 2 + len(again)))


def test_stop_and_wait_has_one_segment_under_way() -> None:
    sent = Sent(ArqMode.STOP_AND_WAIT, lost=2)
    assert len(sent.received) == SEGMENTS * MSS_BYTES
    assert sent.numbers == [0, 1, 2, 2, *range(3, SEGMENTS)]
    before_the_last = sent.times_ns[:-1]  # which carries the FIN: no window holds that back (tcp_cwnd_test)
    assert min(later - earlier for earlier, later in itertools.pairwise(before_the_last)) >= 40_000_000
