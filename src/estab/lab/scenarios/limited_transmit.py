"""Too few segments for three duplicate ACKs: the first two are answered by new data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.profile import SendingProfile
from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, nth
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._watch import watch
from estab.lab.stage import SERVER, pair
from estab.text import msg
from estab.wire.segment import FIN, SYN

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.scenarios._watch import Seen
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Limited transmit"),
    paragraph=msg(
        "The window holds four segments, and the second is lost: the two behind it draw two duplicate ACKs, one too few for fast "
        "retransmit. So each of the first two duplicate ACKs lets one new segment go, beyond the congestion window (RFC 3042); these draw "
        "further duplicate ACKs, and the loss is found by them instead of by the timer."
    ),
    look=(
        msg("two duplicate ACKs, a new segment behind each"),
        msg("the repetition comes before the timer would run out"),
    ),
    behaviours=(Behaviour.LIMITED_TRANSMIT,),
    parameters={"lost": 2},
    twin={"lost": 0},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, kilobytes: int) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(kilobytes * KILOBYTE))


def build(world: World, given: Given) -> None:
    """Two hosts without RACK and tail loss probes, so that only counting helps; the sender begins with four segments."""
    net = pair(world, delay="20ms", client={"tcp_recovery": 0, "tcp_early_retrans": 0})
    net.client.sending = SendingProfile(initial_cwnd_segments=4)
    net.link.add(FaultRule(DATA, Drop(), choice=nth(given.lost)), toward=net.server)
    seen = watch(net.client)
    net.server.run(server)
    net.client.run(client, 60)
    world.at("50s", lambda: world.results.update(steps=steps(seen)))


def steps(seen: list[Seen]) -> str:
    """What the sender did behind its first flight: `d` for a duplicate ACK, `n` for new data, `r` for a repetition."""
    told, highest, acked = "", -1, -1
    for one in seen:
        segment = one.segment
        if one.sent and segment.payload:
            told += "n" if segment.seq > highest else "r"
            highest = max(highest, segment.seq)
        elif not one.sent and not segment.flags & (SYN | FIN):
            told += "d" if segment.ack == acked else "a"
            acked = segment.ack
    return told


def verify(run: Run) -> None:
    """New data behind each of the first two duplicate ACKs, and no timeout."""
    assert run.results["received"] == 60 * KILOBYTE and "dndn" in run.results["steps"].partition("r")[0], run.results
    assert run.host("client").counter("TcpExt.TCPTimeouts") == 0


def verify_twin(run: Run) -> None:
    """Without the loss there is no duplicate ACK."""
    assert run.results["received"] == 60 * KILOBYTE and "d" not in run.results["steps"], run.results
