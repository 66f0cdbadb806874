"""The same flood against a server with SYN cookies: it keeps nothing, and real clients are served."""

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
    title=msg("SYN flood with cookies"),
    paragraph=msg(
        "The same flood as in syn_flood, against a server as it is by default (tcp_syncookies = 1). When the SYN queue is full, the "
        "server answers SYNs without an entry: the initial sequence number of its SYN-ACK is the cookie, a hash of the four-tuple with a "
        "few bits of what was agreed. Whoever answers it has shown that the address is its own, and gets a connection; the forged SYNs "
        "cost a SYN-ACK each and no memory."
    ),
    look=(
        msg("the real client connects in one round trip in the middle of the flood"),
        msg("TcpExt.SyncookiesSent grows with the flood, SyncookiesRecv with real clients"),
        msg("the server's table holds no more entries in SYN-RECEIVED than its queue"),
    ),
    behaviours=(Behaviour.SYN_COOKIES, Behaviour.SYN_FLOOD),
    findings=("attack.syn_flood",),
    parameters={"syns": 2000, "rate": 200},
    twin={"syns": 0},
    tap="server",
    lasts="30s",
)


def build(world: World, given: Given) -> None:
    """Client, attacker and server at one router."""
    play(world, given, cookies=1)


def verify(run: Run) -> None:
    """The real client was served by a cookie."""
    server = run.host("server")
    assert run.results["connect()"] == "20 ms" and run.results["half_open"] <= 17, run.results
    assert server.counter("TcpExt.SyncookiesSent") > 1000 and server.counter("TcpExt.SyncookiesRecv") == 1


def verify_twin(run: Run) -> None:
    """Without the flood no cookie is needed."""
    assert run.results["connect()"] == "20 ms" and run.host("server").counter("TcpExt.SyncookiesSent") == 0, run.results
