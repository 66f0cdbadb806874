"""Random lives of a connection: writes, reads, closes, aborts and what a bad network does, all from one seed."""

from __future__ import annotations

from dataclasses import dataclass

from estab.chance import Chance
from estab.engine.connection import Connection
from estab.engine.options import Settings
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from tests.unit.engine.configs import CLIENT, LINUX, SERVER, config
from tests.unit.engine.pair import Pair, Sent

LIFE_NS = 4 * 3600 * SECOND_NS
"""Longer than any limit of patience."""


@dataclass(frozen=True)
class Weather:
    """Shares of segments that are lost, copied, delayed."""

    loss: float
    copies: float
    disorder: float


def weather_of(chance: Chance) -> Weather:
    """From calm to awful."""
    worst = chance.below(4)
    return Weather(*(chance.unit() * share if worst else 0.0 for share in (0.25, 0.2, 0.4)))


class Life:
    """One life; `run` plays it, `check` says what must hold at its end."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = Chance(seed)
        self.weather = weather_of(chance)
        knobs = LINUX.but(
            tcp_timestamps=chance.below(2), tcp_sack=chance.below(2), tcp_window_scaling=chance.below(2), tcp_ecn=chance.below(2)
        )
        settings = Settings(rcvbuf_bytes=(None, 2304, 8192, 60_000)[chance.below(4)])
        mtu = (576, 1500, 9000)[chance.below(3)]
        client = config(CLIENT, SERVER, seed=seed, mtu_bytes=mtu, settings=settings, knobs=knobs)
        server = config(SERVER, CLIENT, seed=seed + 1, mtu_bytes=1500)
        opens_both = chance.below(8) == 0
        self.pair = Pair(
            server=Connection.active(server, SECOND_NS) if opens_both else None,
            client_config=client,
            server_config=server,
            fate=self.fate,
        )
        self.sends = {side: chance.bytes(chance.below((300, 5_000, 60_000)[chance.below(3)])) for side in ("client", "server")}
        self.leaves = {side: (None, None, None, "close", "abort")[chance.below(5)] if chance.below(3) == 0 else None for side in self.sends}
        """Whoever closes or aborts before all is said and read."""
        self.written = {"client": 0, "server": 0}
        self.read = {"client": bytearray(), "server": bytearray()}

    def fate(self, _sent: Sent) -> list[int]:
        """Lost, late, twice."""
        chance, weather = self.chance, self.weather
        copies = 0 if chance.unit() < weather.loss else 2 if chance.unit() < weather.copies else 1
        late = 200 * MILLISECOND_NS if chance.unit() < weather.disorder else 1
        return [10 * MILLISECOND_NS + chance.below(late) for _ in range(copies)]

    def run(self) -> None:
        """Both sides write what they have, read what comes, close when all is written; until both have ended."""
        pair = self.pair
        limit = pair.now_ns + LIFE_NS
        for _ in range(200_000):
            self._act("client")
            self._act("server")
            pause_ns = SECOND_NS // 20
            if not pair.step(pair.now_ns + pause_ns):
                pair.now_ns += pause_ns
            if self._is_over() or pair.now_ns > limit:
                return
            if pair.now_ns > limit - LIFE_NS // 2 and any(self.leaves.values()):
                # Who has half-closed may wait for ever for a peer that is gone; who gives up the other half too may not.
                pair.client.close(pair.now_ns)
                pair.server.close(pair.now_ns)
        raise AssertionError("it does not end:\n" + pair.story(last=30))

    def _act(self, side: str) -> None:
        pair, connection, data = self.pair, self.pair[side], self.sends[side]
        if self.leaves[side] and connection.state > State.SYN_SENT and self.chance.below(200) == 0:
            if self.leaves[side] == "close":
                connection.close(pair.now_ns)
            else:
                connection.abort(pair.now_ns)
            return
        may_write = connection.state in {State.ESTABLISHED, State.CLOSE_WAIT, State.SYN_SENT} and self.written[side] < len(data)
        if may_write and self.chance.below(3) == 0:
            size = 1 + self.chance.below(len(data))
            at = self.written[side]
            self.written[side] += connection.write(data[at : at + size], pair.now_ns)
        if self.chance.below(3):
            self.read[side] += connection.read(1 + self.chance.below(20_000), pair.now_ns)
        done = self.written[side] == len(data)
        if done and connection.state in {State.ESTABLISHED, State.CLOSE_WAIT}:
            connection.shutdown_write(pair.now_ns)

    def _is_over(self) -> bool:
        return all(state in {State.CLOSED, State.TIME_WAIT} for state in self.pair.states)

    def check(self) -> None:
        """Both have ended, and each has read what the other wrote, or a beginning of it if the connection failed."""
        pair = self.pair
        assert self._is_over(), f"{pair.states}\n{pair.story(last=30)}"
        for side, other in (("client", "server"), ("server", "client")):
            connection = pair[side]
            while text := connection.read(1 << 20, pair.now_ns):
                self.read[side] += text
            sent = self.sends[other][: self.written[other]]
            assert sent.startswith(self.read[side]), f"the {side} has read what was never written"
            if pair[side].error is None and pair[other].error is None and not any(self.leaves.values()):
                assert self.read[side] == sent == self.sends[other]
