"""A segment from the last round of sequence numbers: its timestamp gives it away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from estab.lab.actors.replay import OldDuplicate
from estab.lab.behaviours import Behaviour
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg
from estab.wire.segment import Packet

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("PAWS: an old segment with new numbers"),
    paragraph=msg(
        "Sequence numbers come round again after 4 GiB, which a fast link sends in seconds. A copy of an old segment can then have "
        "numbers that fit the window and would be taken for data. Its timestamp gives it away: it is older than what has come since, so "
        "the receiver drops it and answers with an ACK (RFC 7323 §5). Here the copy is put to the right place by hand. Without timestamps "
        "(--set timestamps=no) its bytes get into the stream, and nobody notices."
    ),
    look=(
        msg("a segment with the next sequence number and a timestamp of long ago"),
        msg("the ACK that answers it, and TcpExt.PAWSEstab"),
        msg("what the server has read: letters in order"),
    ),
    behaviours=(Behaviour.PAWS,),
    parameters={"timestamps": True},
    lasts="1min",
)


async def server(host: Process) -> None:
    """Keeps what it reads."""
    with await host.listen(80).accept() as conn:
        host.world.results["read"] = (await conn.recv_all()).decode()


async def client(host: Process) -> None:
    """Three letters four times each, five seconds apart."""
    with await host.connect(SERVER, 80) as conn:
        for letter in (b"A", b"B", b"C"):
            await conn.send_all(4 * letter)
            await host.sleep("5s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, on which a copy of the first segment comes round again before the third."""
    net = pair(world, client={"tcp_timestamps": int(given.timestamps)})
    old = OldDuplicate(net.link.toward(net.server), DATA)
    net.server.run(server)
    net.client.run(client)

    def come_round() -> None:
        kept = old.kept
        assert isinstance(kept, Packet)
        kept.segment = replace(kept.segment, seq=kept.segment.seq + 8)
        old.release()

    world.at("8s", come_round)


def verify(run: Run) -> None:
    """It was recognised, and the stream is whole."""
    assert run.results == {"read": "AAAABBBBCCCC"}, run.results
    assert run.host("server").counter("TcpExt.PAWSEstab") == 1, run.counters["server"]
