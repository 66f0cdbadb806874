"""SYNs with forged sources fill the SYN queue of a server without cookies: real clients get no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._flood import play
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("SYN flood without cookies"),
    paragraph=msg(
        "An attacker sends SYNs from addresses that nobody has. Each takes an entry in the SYN queue, and no ACK ever comes to "
        "release it: the entry stays until the SYN-ACK was repeated tcp_synack_retries times, more than a minute. The queue is full "
        "at once; the kernel drops further SYNs, also those of the real client. With tcp_syncookies = 1 (the default; --set "
        "server.tcp_syncookies=1) the server answers without an entry."
    ),
    look=(
        msg("many SYNs from ever new addresses, and no ACK to any SYN-ACK"),
        msg("the server's table: SYN-RECEIVED up to the limit"),
        msg("the real client's SYNs are dropped like the others: TcpExt.TCPReqQFullDrop"),
    ),
    behaviours=(Behaviour.SYN_FLOOD,),
    findings=("attack.syn_flood",),
    parameters={"syns": 2000, "rate": 200},
    twin={"syns": 0},
    tap="server",
    lasts="30s",
)


def build(world: World, given: Given) -> None:
    """Client, attacker and server at one router."""
    play(world, given, cookies=0)


def verify(run: Run) -> None:
    """The real client was not answered."""
    assert "ms" not in run.results["connect()"], run.results
    server = run.host("server")
    assert server.counter("TcpExt.TCPReqQFullDrop") > 1000 and server.counter("Tcp.PassiveOpens") == 0
    assert run.results["half_open"] >= 12, run.results


def verify_twin(run: Run) -> None:
    """Without the flood one round trip is enough."""
    assert run.results["connect()"] == "20 ms", run.results
