"""Whatever happens on the cable and whoever closes when: data arrives whole or an error says that it did not, and at every packet the state
that each end is really in stands in the tracker's set."""

from __future__ import annotations

import pytest

from estab.chance import Chance
from estab.lab.calls import CallError
from estab.lab.loop import Witness
from estab.lab.loss import Bernoulli
from estab.lab.process import Process
from estab.lab.sockets import Conn
from estab.lab.stage import SERVER
from estab.lab.truth import Truth
from tests.lab.nets import Net

SEEDS = range(60)
LONGEST_BYTES = 40_000


class Play:
    """Two programs that send, close and abort as chance says."""

    def __init__(self, seed: int) -> None:
        self.chance = Chance(seed).child("play")
        below, unit = self.chance.below, self.chance.unit
        path = {
            "delay": 1_000_000 * (1 + below(30)),
            "loss": Bernoulli(0.15 * unit()),
            "reorder": 0.1 * unit(),
            "reorder_by": 1_000_000 * below(40),
            "duplicate": 0.05 * unit(),
            "corrupt": 0.02 * unit(),
        }
        self.net = Net(seed=seed, timeline=True, **path)
        self.net.world.truth = Truth()
        where = (self.net.client, self.net.server)[below(2)]
        self.witness = Witness(self.net.world.tap(where))
        self.got: dict[str, bytes] = {}
        self.failed: dict[str, str] = {}
        self.sent = {name: self.chance.bytes(below(LONGEST_BYTES)) for name in ("client", "server")}

    def run(self) -> Play:
        self.net.server.run(self.server)
        self.net.client.run(self.client)
        self.net.world.run_for("20min")
        self.witness.finish()
        return self

    async def server(self, host: Process) -> None:
        listener = host.listen(80)
        await self.talk(host, await listener.accept(), "server")
        listener.close()

    async def client(self, host: Process) -> None:
        try:
            conn = await host.connect(SERVER, 80)
        except CallError as problem:
            self.failed["client"] = str(problem.strerror)
            return
        await self.talk(host, conn, "client")

    async def talk(self, host: Process, conn: Conn, name: str) -> None:
        """Sends, reads to the end, closes; now and then before its time, or by RST."""
        mood = self.chance.below(8)
        try:
            await host.sleep(1_000_000 * self.chance.below(200))
            await conn.send_all(self.sent[name])
            if mood == 0:
                conn.abort()
                return
            if mood > 2:
                conn.shutdown()
                self.got[name] = await conn.recv_all()
            else:
                await host.sleep(1_000_000 * self.chance.below(2000))
        except CallError as problem:
            self.failed[name] = str(problem.strerror)
        conn.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_true_states_stand_in_the_sets_and_streams_stay_whole(seed: int) -> None:
    play = Play(seed).run()
    told = "\n".join(play.net.told[-60:])
    assert [str(one) for one in play.witness.disagreements] == [], told
    other = {"client": "server", "server": "client"}
    for name, data in play.got.items():
        assert play.sent[other[name]].startswith(data), f"{name} got what was never sent"
        assert data == play.sent[other[name]] or play.failed or name not in play.got, told


def test_the_runs_go_many_ways() -> None:
    plays = [Play(seed).run() for seed in range(20)]
    assert {"ECONNRESET"} <= {reason for play in plays for reason in play.failed.values()}
    assert sum(len(play.got) == 2 for play in plays) >= 5
    assert sum(play.witness.compared for play in plays) > 1000
