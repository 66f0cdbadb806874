"""A repetition is lost as well: RACK tells by the time, dupthresh could not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, first
from estab.lab.match import DATA, Match
from estab.lab.packets import Datum
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg
from estab.wire.segment import Packet

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The repetition is lost too"),
    paragraph=msg(
        "A segment is lost and repeated by fast retransmit, and the repetition is lost as well. Counting duplicate ACKs cannot tell: they "
        "were counted once already. RACK goes by time (RFC 8985): a segment that was sent after the repetition has arrived, so the "
        "repetition should have, too; after a little patience for reordering it is sent once more. Without RACK (--set "
        "client.tcp_recovery=0) only the timer helps."
    ),
    look=(
        msg("the same segment three times: the original and two repetitions about a round trip apart"),
        msg("TcpExt.TCPLostRetransmit counts it, TcpExt.TCPTimeouts stays 0"),
    ),
    behaviours=(Behaviour.RACK, Behaviour.LOST_RETRANSMISSION),
    parameters={"times": 2},
    twin={"times": 0},
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


def same_segment(number: int) -> Match:
    """The data segment of this number, from 1, whenever it is sent."""
    numbers: dict[int, int] = {}

    def holds(datum: Datum) -> bool:
        if not DATA(datum) or not isinstance(datum, Packet):
            return False
        return numbers.setdefault(datum.segment.seq, len(numbers) + 1) == number

    return Match(holds, f"data segment {number}")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses one segment, and its first repetition."""
    net = pair(world, delay="20ms", rate="20Mbit")
    net.link.add(FaultRule(same_segment(100), Drop(), choice=first(given.times)), toward=net.server)
    net.server.run(server)
    net.client.run(client, 1000)


def verify(run: Run) -> None:
    """Two repetitions, and no timeout."""
    counter = run.host("client").counter
    assert run.results["received"] == 1000 * KILOBYTE, run.results
    assert counter("TcpExt.TCPLostRetransmit") == 1 and counter("TcpExt.TCPTimeouts") == 0, run.counters["client"]
    assert counter("Tcp.RetransSegs") == 2


def verify_twin(run: Run) -> None:
    """Without the loss nothing is sent twice."""
    assert run.results["received"] == 1000 * KILOBYTE and run.host("client").counter("Tcp.RetransSegs") == 0
