from __future__ import annotations

import pytest

from estab.lab.faults import Drop, FaultRule, nth
from estab.lab.loop import Witness
from estab.lab.match import FIN_SET, SYN_ACK
from estab.lab.process import Process
from estab.lab.router import Router
from estab.lab.stage import routed
from estab.lab.truth import Truth
from estab.lab.world import World
from estab.machine.states import State
from estab.wire.segment import RST, Packet, Segment
from tests.lab.nets import Net, ask, echo


def watched(net: Net) -> Witness:
    net.world.truth = Truth()
    return Witness(net.world.tap(net.client))


def test_honest_ends_agree_with_the_tracker() -> None:
    net = Net()
    witness = watched(net)
    net.server.run(echo)
    net.client.run(ask)
    net.world.run_for("2min")
    connections = witness.finish()
    assert witness.disagreements == [] and witness.compared > 15
    assert connections.count == 1


@pytest.mark.parametrize("match", [SYN_ACK, FIN_SET])
def test_so_they_do_where_packets_are_lost_on_either_side_of_the_tap(match: object) -> None:
    for toward in ("client", "server"):
        net = Net()
        witness = watched(net)
        net.link.add(FaultRule(match, Drop(), choice=nth(1)), toward=net.world.nodes[toward])  # type: ignore[arg-type]
        net.server.run(echo)
        net.client.run(ask)
        net.world.run_for("2min")
        witness.finish()
        assert [str(one) for one in witness.disagreements] == [] and witness.compared > 10


def test_a_lie_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net()
    witness = watched(net)
    truth = net.world.truth
    assert truth is not None
    honest = truth.changed

    def lying(host: object, event: object, *, answering: bool) -> None:
        honest(host, event, answering=answering)  # type: ignore[arg-type]
        for end in truth.ends.values():
            if end.state is State.ESTABLISHED:
                end.state = State.TIME_WAIT

    monkeypatch.setattr(truth, "changed", lying)
    net.server.run(echo)
    net.client.run(ask)
    net.world.run_for("1s")
    assert any("client 10.0.0.1" in str(one) and "is in TIME-WAIT, the tracker says" in str(one) for one in witness.disagreements)


def test_translated_ends_are_recognised() -> None:
    world = World(seed=1)
    net = routed(world)
    router: Router = net.router
    router.masquerade(net.far)
    world.truth = Truth()
    witness = Witness(world.tap(net.far))
    net.server.run(echo)

    async def client(host):  # type: ignore[no-untyped-def]
        with await host.connect(net.server.address, 80) as conn:
            await conn.send_all(b"x")
            await conn.recv()

    net.client.run(client)
    world.run_for("2min")
    connections = witness.finish()
    assert connections.endpoint(0, 0).address == "203.0.113.1" and witness.disagreements == [] and witness.compared > 10


def test_a_connection_with_a_foreign_hand_in_it_is_left_alone() -> None:
    net = Net()
    witness = watched(net)
    net.server.run(echo)
    conn = net.world.do(net.client.connect("10.0.0.2", 80))
    local = conn.socket.local
    assert local is not None
    net.server.port.send(Packet("10.0.0.2", 80, local.address, local.port, Segment(5, 0, RST, 0)))
    net.world.run_for("1s")
    before = witness.compared
    net.world.do(conn.send_all(b"x"))
    net.world.run_for("1s")
    witness.finish()
    assert witness.compared == before


def test_who_is_connected_to_himself_is_in_one_state() -> None:
    net = Net()
    net.world.truth = Truth()
    witness = Witness(net.world.tap(net.client, loopback=True))

    async def alone(host: Process) -> None:
        with await host.connect("10.0.0.1", 7000, source_port=7000) as conn:
            await conn.send_all(b"hello")
            assert await conn.recv() == b"hello"

    net.client.run(alone)
    net.world.run_for("2min")
    connections = witness.finish()
    assert [str(one) for one in witness.disagreements] == [] and witness.compared > 8
    assert connections.states(0, 0)[:3] == ["CLOSED", "SYN-SENT", "SYN-RECEIVED"], connections.states(0, 0)


def test_what_is_said_in_the_name_of_an_older_connection_is_not_held_against_the_new_one() -> None:
    net = Net()
    witness = watched(net)
    net.server.run(echo)

    async def stay(host: Process) -> None:
        conn = await host.connect("10.0.0.2", 80, source_port=40_000)
        await conn.send_all(b"hello")
        await conn.recv()
        await host.sleep("1h")

    net.client.run(stay, at_boot=True)
    net.world.run_for("1s")
    net.client.reboot("1s")
    net.world.run_for("10s")
    witness.finish()
    assert net.server.counter("TcpExt.TCPChallengeACK") == 1
    assert [str(one) for one in witness.disagreements] == [] and witness.compared > 10
