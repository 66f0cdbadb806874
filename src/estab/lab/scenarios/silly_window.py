"""A reader that takes a hundred bytes at a time: the window opens in large steps, or not at all."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._watch import watch
from estab.lab.stage import SERVER, pair
from estab.text import msg
from estab.wire.segment import SYN

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.scenarios._watch import Seen
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("No silly window"),
    paragraph=msg(
        "The server's application reads a hundred bytes at a time from a full buffer. If its kernel offered each hundred bytes at once, "
        "the sender would fill them with a tiny segment, and so on for ever: forty bytes of headers for a hundred of data. So the "
        "receiver offers nothing until a whole segment or half its buffer is free (RFC 9293 §3.8.6.2.2), and the sender sends nothing "
        "small into a window that is about to grow."
    ),
    look=(
        msg("the right edge of the window moves by a whole segment or more, or not at all"),
        msg("the data segments are full ones, although the reads are small"),
    ),
    behaviours=(Behaviour.SILLY_WINDOW,),
    parameters={"reads": 100},
    twin={"reads": 65536},
    lasts="2min",
)
KILOBYTE = 1 << 10
MSS_BYTES = 536


async def server(host: Process, reads: int) -> None:
    """Reads a little every two milliseconds."""
    with await host.listen(80, rcvbuf=4096).accept() as conn:
        received = 0
        while part := await conn.recv(reads):
            received += len(part)
            await host.sleep("2ms")
        host.world.results["received"] = received


async def client(host: Process) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80, maxseg=MSS_BYTES) as conn:
        await conn.send_all(bytes(60 * KILOBYTE))


def build(world: World, given: Given) -> None:
    """Two hosts on one cable with small packets."""
    net = pair(world, delay="2ms", mtu_bytes=576, client={"tcp_timestamps": 0}, server={"tcp_window_scaling": 0})
    seen = watch(net.client)
    net.server.run(server, given.reads)
    net.client.run(client)
    world.at("100s", lambda: world.results.update(told(seen)))


def told(seen: list[Seen]) -> dict[str, int]:
    """What the scenario is about, in numbers."""
    return {"smallest_step": smallest_step(seen), "small_segments": small_segments(seen), "closed": closed(seen)}


def closed(seen: list[Seen]) -> int:
    """How often the window was said to be closed."""
    return sum(not one.sent and one.segment.window == 0 for one in seen)


def smallest_step(seen: list[Seen]) -> int:
    """By how much the right edge of the window moves at the least, where it moves."""
    edges = [one.segment.ack + one.segment.window for one in seen if not one.sent and not one.segment.flags & SYN]
    return min((later - earlier for earlier, later in itertools.pairwise(edges) if later > earlier), default=0)


def small_segments(seen: list[Seen]) -> int:
    """Data segments below the MSS."""
    return sum(0 < len(one.segment.payload) < MSS_BYTES for one in seen if one.sent)


def verify(run: Run) -> None:
    """No small step, and hardly a small segment."""
    assert run.results["received"] == 60 * KILOBYTE, run.results
    assert run.results["smallest_step"] >= MSS_BYTES and run.results["small_segments"] <= 3, run.results
    assert run.results["closed"] >= 1, run.results


def verify_twin(run: Run) -> None:
    """Who reads all that is there has nothing to avoid."""
    assert run.results["received"] == 60 * KILOBYTE and run.results["small_segments"] <= 3, run.results
