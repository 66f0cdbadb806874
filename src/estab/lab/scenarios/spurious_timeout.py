"""Nothing is lost, but the path stands still: the timer repeats what was only late, and a timestamp takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._late import hold_back
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A spurious timeout"),
    paragraph=msg(
        "For a moment the path holds everything back, as a mobile network does at a handover. The timer runs out and the first segment is "
        "sent again although nothing was lost; the window goes down to one segment. Then the delayed ACKs arrive, and the first of them "
        "echoes a timestamp from before the repetition: it answers the original (RFC 3522). The sender takes its window back and goes on. "
        "F-RTO, which tells the same without timestamps, is turned off here (see f_rto)."
    ),
    look=(
        msg("a repetition by the timer, and soon after it ACKs that the originals had drawn"),
        msg("the congestion window before and after: as large as it was"),
        msg("with --set client.tcp_timestamps=0 the whole window is repeated"),
    ),
    behaviours=(Behaviour.UNDO_BY_TIMESTAMPS,),
    parameters={"late": "700ms"},
    twin={"late": "0ms"},
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
    """The window shortly before the path stands still, while it does, and when it has gone on for a while."""
    for name, waits in (("before", "290ms"), ("meanwhile", "600ms"), ("afterwards", "300ms")):
        await host.sleep(waits)
        host.world.results[name] = conn.info().snd_cwnd_segments


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which for a while brings ACKs late, and in order."""
    net = pair(world, delay="20ms", rate="20Mbit", client={"tcp_frto": 0})
    hold_back(net, given.late)
    net.server.run(server)
    net.client.run(client, 3000)


def verify(run: Run) -> None:
    """The timer ran out, the window went down, and came back by the first ACK."""
    counter, told = run.host("client").counter, run.results
    assert told["received"] == 3000 * KILOBYTE and told["meanwhile"] <= 4 and told["afterwards"] >= told["before"] >= 60, told
    assert counter("TcpExt.TCPTimeouts") >= 1 and counter("Tcp.RetransSegs") <= 5, run.counters["client"]
    assert counter("TcpExt.TCPLossUndo") + counter("TcpExt.TCPFullUndo") == 1, run.counters["client"]


def verify_twin(run: Run) -> None:
    """Without the delay no timer runs out."""
    assert run.results["received"] == 3000 * KILOBYTE and run.host("client").counter("TcpExt.TCPTimeouts") == 0
