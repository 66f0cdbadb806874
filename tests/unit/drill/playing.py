"""Short scripts for tests: a server with one connection, and what running a script came to."""

from __future__ import annotations

from estab.drill.config import Family
from estab.drill.runner import run_script
from estab.drill.verdict import Failure, Outcome, Run

LISTENING = """`sysctl -q net.ipv4.tcp_timestamps=0`
    0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   +0 bind(3, ..., ...) = 0
   +0 listen(3, 1) = 0
"""
CONNECTED = f"""{LISTENING}
   +0 < S 0:0(0) win 65535 <mss 1000>
   +0 > S. 0:0(0) ack 1 <mss 1460>
 +.01 < . 1:1(0) ack 1 win 65535
   +0 accept(3, ..., ...) = 4
"""


def play(text: str) -> Run:
    """The run of a script over IPv4."""
    (run,) = run_script(text, "a.pkt", families=(Family.IPV4,))
    return run


def passes(text: str) -> None:
    """Asserts that a script passes."""
    run = play(text)
    assert run.outcome is Outcome.PASSED, (run.failure, run.unusable)


def failure(text: str) -> Failure:
    """Where a script fails."""
    run = play(text)
    assert run.outcome is Outcome.FAILED and run.failure is not None, (run.outcome, run.unusable)
    return run.failure


def unusable(text: str) -> str:
    """Why a script cannot be used."""
    run = play(text)
    assert run.outcome is Outcome.UNUSABLE and run.unusable is not None, (run.outcome, run.failure)
    return str(run.unusable)
