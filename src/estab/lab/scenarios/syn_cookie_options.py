"""What survives a SYN cookie: with timestamps the options, without them only a coarse MSS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.snapshot import TcpOption
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("What a SYN cookie forgets"),
    paragraph=msg(
        "The server answers every SYN with a cookie (tcp_syncookies = 2). A cookie has room for one of four values of MSS and nothing "
        "else. Where the client uses timestamps, the kernel hides window scale, SACK and ECN in the lowest bits of its own timestamp, and "
        "finds them again in the echo; where it does not, the connection has to do without them: a window of 64 KiB at most, and no SACK. "
        "That is the price of cookies, and why they are used only when the queue is full."
    ),
    look=(
        msg("the SYN-ACK offers the options in both connections; what counts is what the server remembers"),
        msg("the options that each connection has in TCP_INFO at the server"),
        msg("the MSS is rounded down to a value of the table"),
    ),
    behaviours=(Behaviour.SYN_COOKIE_OPTIONS,),
    parameters={"cookies": 2},
    twin={"cookies": 1},
    lasts="1min",
)


async def server(host: Process) -> None:
    """Notes what each connection has."""
    listener = host.listen(80)
    while True:
        with await listener.accept() as conn:
            info = conn.info()
            has = [str(option.name) for option in (TcpOption.SACK, TcpOption.WINDOW_SCALE) if option in info.options]
            host.world.results[(await conn.recv()).decode()] = " ".join([*has, f"MSS {info.advmss_bytes}"])


async def client(host: Process) -> None:
    """A connection with timestamps, and one without."""
    for timestamps, name in ((1, "with timestamps"), (0, "without")):
        host.host.sysctl(tcp_timestamps=timestamps)
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(name.encode())
            await conn.recv_all()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, server={"tcp_syncookies": given.cookies})
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """With timestamps all is there, without them nothing."""
    with_them, without = run.results["with timestamps"], run.results["without"]
    assert with_them.startswith("SACK WINDOW_SCALE") and not without.startswith("SACK") and "WINDOW" not in without, run.results
    assert run.host("server").counter("TcpExt.SyncookiesRecv") == 2


def verify_twin(run: Run) -> None:
    """An entry in the queue remembers everything."""
    assert all(said.startswith("SACK WINDOW_SCALE") for said in run.results.values()) and len(run.results) == 2, run.results
