"""A window that stays closed for minutes: probes at growing intervals, and nobody gives up."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._late_reader import MEGABYTE, client, server
from estab.lab.scenarios._watch import watch
from estab.lab.stage import pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.scenarios._watch import Seen
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Persist probes"),
    paragraph=msg(
        "The server's application does not read for five minutes. The sender asks at growing intervals, first after a retransmission "
        "timeout, then after twice that, up to two minutes, whether the window is still closed (RFC 9293 §3.8.6.1). Each probe is "
        "answered, so the peer lives, and the connection is kept as long as answers come, whatever tcp_retries2 says. A probe is no "
        "keepalive: data is waiting."
    ),
    look=(
        msg("the intervals between the probes double"),
        msg("each probe has a number below what was acknowledged, and draws an ACK with win 0"),
        msg("no timeout and no loss: TcpExt.TCPTimeouts stays 0"),
    ),
    behaviours=(Behaviour.PERSIST_PROBES,),
    findings=("flow.zero_window",),
    parameters={"sleeps": "5min"},
    twin={"sleeps": "0s"},
    lasts="15min",
)


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, rate="100Mbit")
    seen = watch(net.client)
    net.server.run(server, given.sleeps)
    net.client.run(client)
    world.at("6min", lambda: world.results.update(intervals_ms=intervals(seen)))


def intervals(seen: list[Seen]) -> list[int]:
    """Between the probes: what is sent empty, with a number below the highest so far."""
    times, highest = [], 0
    for one in seen:
        if one.sent and one.segment.payload:
            highest = max(highest, one.segment.seq + len(one.segment.payload))
        elif one.sent and highest and one.segment.seq == highest - 1:
            times.append(one.time_ns)
    return [(later - earlier) // MILLISECOND_NS for earlier, later in itertools.pairwise(times)]


def verify(run: Run) -> None:
    """Each interval is twice the one before, and everything arrived in the end."""
    spans = run.results["intervals_ms"]
    assert len(spans) >= 8 and all(1.9 <= later / earlier <= 2.1 for earlier, later in itertools.pairwise(spans[:8])), spans
    assert run.results["received"] == MEGABYTE and run.host("client").counter("TcpExt.TCPTimeouts") == 0
    assert run.host("client").counter("TcpExt.TCPWinProbe") == len(spans) + 1


def verify_twin(run: Run) -> None:
    """Who reads is not probed."""
    assert run.results == {"received": MEGABYTE, "intervals_ms": []}, run.results
