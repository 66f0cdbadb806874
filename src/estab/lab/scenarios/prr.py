"""Proportional rate reduction: during recovery about seven segments leave for ten that arrive."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, nth
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._watch import watch
from estab.lab.stage import SERVER, pair
from estab.snapshot import CongestionState
from estab.text import msg
from estab.wire.segment import SYN

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.scenarios._watch import Seen
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Proportional rate reduction"),
    paragraph=msg(
        "One segment of a large window is lost. The window is to go down to seven tenths. Stopping until so much has drained would leave "
        "the link idle, and then a burst would follow; instead the sender lets about seven segments go for every ten that are reported as "
        "arrived (RFC 9937), all through the recovery, and ends it with just the window that it was to have."
    ),
    look=(
        msg("in recovery new segments go on leaving between the duplicate ACKs, a little fewer than arrive"),
        msg("the congestion window ends at ssthresh, without a pause and without a burst"),
    ),
    behaviours=(Behaviour.PRR,),
    parameters={"lost": 400},
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
        host.spawn(note, conn)
        await conn.send_all(bytes(kilobytes * KILOBYTE))


async def note(host: Process, conn: Conn) -> None:
    """Window and threshold just behind the recovery."""
    while host.host.counter("TcpExt.TCPSackRecovery") == 0 or conn.info().ca_state is not CongestionState.OPEN:
        await host.sleep("1ms")
        if host.world.elapsed_ns > 20 * SECOND_NS:
            return
    info = conn.info()
    host.world.results.update(cwnd=info.snd_cwnd_segments, ssthresh=info.snd_ssthresh_segments)


def build(world: World, given: Given) -> None:
    """Two hosts 80 ms of round trip apart, on a cable that loses one segment."""
    net = pair(world, delay="40ms", rate="30Mbit")
    rule = FaultRule(DATA, Drop(), choice=nth(given.lost))
    net.link.add(rule, toward=net.server)
    seen = watch(net.client)
    net.server.run(server)
    net.client.run(client, 3000)
    world.at("50s", lambda: world.results.update(recovery(seen)))


def recovery(seen: list[Seen]) -> dict[str, float]:
    """From the repetition to its ACK: new segments for each ACK that came, and the longest pause between segments."""
    highest, repeated, began_ns = -1, -1, 0
    times: list[int] = []
    acks = 0
    for one in seen:
        segment = one.segment
        if one.sent and segment.payload:
            if segment.seq <= highest and repeated < 0:
                repeated, began_ns = segment.seq, one.time_ns
            highest = max(highest, segment.seq)
            if repeated >= 0:
                times.append(one.time_ns)
        elif not one.sent and repeated >= 0 and not segment.flags & SYN:
            if segment.ack > repeated:
                break
            acks += 1
    pauses = [later - earlier for earlier, later in itertools.pairwise([began_ns, *times])]
    return {"share": round(len(times) / acks, 2) if acks else 0.0, "longest pause ms": max(pauses, default=0) // MILLISECOND_NS}


def verify(run: Run) -> None:
    """About seven tenths, without a pause, and the window as it should be."""
    told = run.results
    assert told["received"] == 3000 * KILOBYTE and 0.6 <= told["share"] <= 0.8 and told["longest pause ms"] <= 10, told
    assert abs(told["cwnd"] - told["ssthresh"]) <= 2, told


def verify_twin(run: Run) -> None:
    """Without the loss there is no recovery."""
    assert run.results["share"] == 0 and run.host("client").counter("Tcp.RetransSegs") == 0, run.results
