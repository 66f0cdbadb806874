"""The window update is lost: without probes the connection would stand still for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, first
from estab.lab.match import PURE_ACK
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
    title=msg("The window update is lost"),
    paragraph=msg(
        "The receiver had closed its window, reads again and says so; that ACK is lost. ACKs without data are not sent again, so the "
        "receiver waits for data and the sender for a window. The sender's probe ends it: the answer tells the window as it is now, and "
        "the transfer goes on. That is what the persist timer is for."
    ),
    look=(
        msg("the server reads at 2 s, and the client learns of it only at its next probe"),
        msg("the answer to that probe has an open window"),
        msg("with --set lost=0 the transfer goes on at 2 s"),
    ),
    behaviours=(Behaviour.ZERO_WINDOW_RECOVERS,),
    findings=("flow.zero_window",),
    parameters={"lost": 100, "sleeps": "2s"},
    twin={"sleeps": "0s"},
    lasts="1min",
)


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses what the server says when it begins to read."""
    net = pair(world, rate="100Mbit")
    seen = watch(net.client)
    rule = FaultRule(PURE_ACK, Drop(), choice=first(given.lost), since="2005ms", until="2100ms")
    net.link.add(rule, toward=net.client)
    net.server.run(server, given.sleeps)
    net.client.run(client)
    world.at("50s", lambda: world.results.update(goes_on_ms=goes_on_ms(seen), updates_lost=rule.hits))


def goes_on_ms(seen: list[Seen]) -> int:
    """When data was sent again behind the last window of 0."""
    closed_ns = max((one.time_ns for one in seen if not one.sent and one.segment.window == 0), default=0)
    return next((one.time_ns for one in seen if one.sent and one.segment.payload and one.time_ns > closed_ns), 0) // MILLISECOND_NS


def verify(run: Run) -> None:
    """The update was lost; a probe found the window open."""
    assert run.results["received"] == MEGABYTE and run.results["updates_lost"] > 0, run.results
    assert 2200 < run.results["goes_on_ms"] < 6000 and run.host("client").counter("TcpExt.TCPWinProbe") >= 3, run.results


def verify_twin(run: Run) -> None:
    """Who reads never closes the window."""
    assert run.results["received"] == MEGABYTE and run.host("client").counter("TcpExt.TCPWinProbe") == 0, run.results
