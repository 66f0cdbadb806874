"""A path that loses one packet in a hundred: CUBIC takes each for congestion, BBR measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from estab.lab.behaviours import Behaviour
from estab.lab.loss import Bernoulli
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("BBR and CUBIC on a lossy path"),
    paragraph=msg(
        "Two senders have a link of 10 Mbit/s each, with 80 ms of round trip and one packet in a hundred lost by chance, as on a radio "
        "link. CUBIC takes each loss for congestion and cuts its window again and again; it gets a fraction of the link. BBR does not ask "
        "what is lost but how fast data arrives: it measures bandwidth and round trip and sends accordingly, and gets most of the link."
    ),
    look=(
        msg("what each has delivered after six seconds"),
        msg("with --set loss=0 both fill the link"),
    ),
    behaviours=(Behaviour.BBR, Behaviour.CUBIC),
    parameters={"loss": 0.01},
    twin={"loss": 0.0},
    lasts="6s",
)
MEGABYTE = 1 << 20


async def server(host: Process) -> None:
    """Reads, and counts."""
    conn = await host.listen(80).accept()
    host.world.results[host.host.name] = 0
    while part := await conn.recv():
        host.world.results[host.host.name] += len(part)


async def client(host: Process, remote: str, algorithm: str) -> None:
    """Sends without an end."""
    conn = await host.connect(remote, 80, congestion=algorithm)
    while True:
        await conn.send_all(bytes(MEGABYTE))


def build(world: World, given: Given) -> None:
    """Two pairs of hosts on two cables with the same chance of loss."""
    path: dict[str, Any] = {"delay": "40ms", "rate": "10Mbit", "loss": Bernoulli(given.loss), "queue_packets": 200}
    net = pair(world, **path)
    one, other = world.host("cubic-client", "10.1.0.1"), world.host("cubic-server", "10.1.0.2")
    world.link(one, other, **path)
    for asker, answerer, algorithm in ((net.client, net.server, "bbr"), (one, other, "cubic")):
        answerer.run(server)
        asker.run(client, answerer.address, algorithm)


def verify(run: Run) -> None:
    """BBR got most of the link, CUBIC a part of it."""
    bbr, cubic = run.results["server"], run.results["cubic-server"]
    assert bbr > 4 * MEGABYTE and cubic < 0.6 * bbr, run.results


def verify_twin(run: Run) -> None:
    """Without losses both get most of it."""
    assert min(run.results.values()) > 4 * MEGABYTE, run.results
