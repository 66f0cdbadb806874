"""An attacker who does not see the connection guesses its numbers: challenge ACKs instead of a reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.actors.blind import BlindGuesser
from estab.lab.actors.raw import RawActor
from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import routed
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A blind reset attack"),
    paragraph=msg(
        "An attacker knows the four-tuple of a connection, but does not see its packets. It sends RSTs with guessed sequence numbers. One "
        "that lies in the window, and is not exactly the next number, no longer ends the connection: the server asks back with a "
        "challenge ACK (RFC 5961 §3), the real client finds nothing to reset, and goes on. Only an exact hit in four thousand million "
        "would do."
    ),
    look=(
        msg("RSTs in the client's name with another time to live"),
        msg("the challenge ACKs, and the client that goes on as if nothing had happened"),
        msg("TcpExt.TCPChallengeACK at the server"),
    ),
    behaviours=(Behaviour.CHALLENGE_ACK,),
    findings=("attack.blind_rst",),
    parameters={"guesses": 20},
    twin={"guesses": 0},
    tap="server",
    lasts="30s",
)


async def client(host: Process) -> None:
    """A question a second, from a port that everybody knows."""
    with await host.connect(FAR_SERVER, 80, source_port=SOURCE[1]) as conn:
        for number in range(20):
            await conn.send_all(b"question")
            await conn.recv()
            host.world.results["answers"] = number + 1
            await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Client and server at one router, the attacker behind another; it begins near the right number, which spares most of the guesses."""
    net = routed(world)
    attacker = RawActor(world, "attacker", "10.0.66.6")
    far = world.router("far", "10.0.66.1")
    world.link(attacker, far)
    world.link(far, net.router)
    net.server.run(server)
    net.client.run(client)

    def attack() -> None:
        near = world.bases[*SOURCE, FAR_SERVER, 80] + 1000
        guesser = BlindGuesser(attacker, SOURCE, (FAR_SERVER, 80))
        guesser.start(given.guesses, rate=2, first=near & 0xFFFFFFFF, step=3000)

    if given.guesses:
        world.at("5s", attack)


SOURCE, FAR_SERVER = ("10.0.1.2", 40_000), "203.0.113.9"


def verify(run: Run) -> None:
    """Some guesses lay in the window, and the connection lives."""
    assert run.results == {"answers": 20} and run.host("server").counter("TcpExt.TCPChallengeACK") >= 5, run.results


def verify_twin(run: Run) -> None:
    """Without the attack nothing is asked back."""
    assert run.results == {"answers": 20} and run.host("server").counter("TcpExt.TCPChallengeACK") == 0, run.results
