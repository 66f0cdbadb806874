"""Hosts for provocations: processes in network namespaces of their own, joined by a wire that this process plays, or by veth pairs.

A namespace has no name and lives as long as its processes do.  They die with their standard input, with this process, and with the test
that made them; so whatever happens, nothing is left behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_run import diagnose_host
from estab.diagnose.run import Diagnosis
from estab.live.hearing import Hearing
from estab.live.host import Owners, take_snapshot
from estab.live.namespaces import call_inside, namespace_of_process
from tests.provoke.wire import Wire, open_tun

ACTOR = pathlib.Path(__file__).with_name("actor.py")
PROGRAMS = ("ip", "nsenter", "nft")
CLIENT, SERVER = "10.9.1.2", "10.9.2.2"
PACE_TRIES = 6
SETTLE_S = 0.2
"""What was done before has reached the other end by the first snapshot."""


def missing() -> str:
    """Why nothing can be provoked here; empty where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if lacking:
        return f"{', '.join(lacking)} not installed"
    if not pathlib.Path("/dev/net/tun").exists():
        return "no TUN devices here"
    return ""


class Host:
    """A process in a network namespace of its own, or in that of another host."""

    def __init__(self, name: str, *, beside: Host | None = None, program: tuple[str, str] = (sys.executable, str(ACTOR))) -> None:
        self.name, self.address = name, "127.0.0.1"
        command = [program[0], "-I", "-S", program[1], name]
        self._process = subprocess.Popen(
            [*command, str(beside.pid)] if beside else command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()
        if beside is None:
            self.ip("link set lo up")
        else:
            self.address = beside.address

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def do(self, text: str) -> object:
        """The value of what stands last in a piece of Python that the process runs; its names stay."""
        self.begin(text)
        return self.finish()

    def begin(self, text: str) -> None:
        """As `do`, without waiting for the end."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()

    def finish(self) -> object:
        """The value of what was begun."""
        return self._answer()

    def _answer(self) -> object:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"failed": "the process has ended"}
        if "failed" in answer:
            raise RuntimeError(f"{self.name}: {answer['failed']}")
        return answer["ok"]

    def run(self, *command: str, text: str | None = None) -> str:
        """The output of a program in the namespace."""
        done = subprocess.run(
            ["nsenter", f"--net=/proc/{self.pid}/ns/net", *command], input=text, capture_output=True, text=True, timeout=10, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def ip(self, words: str) -> str:
        """`ip` in the namespace."""
        return self.run("ip", *words.split())

    def nft(self, chain: str, *, hook: str = "forward") -> None:
        """Rules of one chain at a hook, instead of those before."""
        rules = f"table ip f {{}}\ndelete table ip f\ntable ip f {{\nchain c {{ type filter hook {hook} priority 0;\n{chain}\n}}\n}}\n"
        self.run("nft", "-f", "-", text=rules)

    def nft_clear(self) -> None:
        """No rules any more."""
        self.run("nft", "delete", "table", "ip", "f")

    def sysctl(self, **settings: object) -> None:
        """Settings below /proc/sys/net, with `__` for `/`."""
        for name, value in settings.items():
            path = f"/proc/sys/net/{name.replace('__', '/')}"
            self.do(f"stream = open({path!r}, 'w'); stream.write({str(value)!r}); stream.close()")

    def inside(self, call: Callable[[], int]) -> int:
        """A call made in the namespace by this process."""
        return call_inside(namespace_of_process(self.pid), call)

    def end(self) -> None:
        """Ends the process at once, and with it its sockets."""
        self._process.kill()
        self._process.wait(timeout=5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    # --- what is under test ---------------------------------------------------------------------------------------------------------

    def diagnosed(self, seconds: float = 1.2, during: Callable[[], object] | None = None) -> Seen:
        """The diagnosis of the namespace over so many seconds; `during` is called behind the first snapshot."""
        namespace = namespace_of_process(self.pid)
        time.sleep(SETTLE_S)
        hearing = Hearing(namespace)
        try:
            before = take_snapshot(namespace, owners=Owners.ALL)
            began = time.monotonic()
            if during is not None:
                during()
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
            after = take_snapshot(namespace, owners=Owners.ALL)
            facts = HostFacts(before, after, heard=hearing.take(before.sockets))
        finally:
            hearing.close()
        return Seen(facts, diagnose_host(facts))

    def diagnosed_at_pace(self, code: str, seconds: float, during: Callable[[], object]) -> Seen:
        """As `diagnosed`, again where a busy machine was too slow for the pace that the rule asks for."""
        for _ in range(PACE_TRIES - 1):
            seen = self.diagnosed(seconds, during)
            if any(finding.code == code for finding in seen.diagnosis.findings):
                return seen
        return self.diagnosed(seconds, during)


@dataclass
class Seen:
    """A diagnosis, and what tests ask of it."""

    facts: HostFacts
    diagnosis: Diagnosis

    def told(self) -> str:
        """All findings, for the message of a failed test."""
        lines = [
            f"{finding.severity.value} {finding.code} {finding.subject} x{finding.count} [{', '.join(str(o.pid) for o in finding.owners)}] "
            f"{finding.summary} | {' ; '.join(str(evidence.text) for evidence in finding.evidence)}"
            for finding in self.diagnosis.findings
        ]
        moved = {name: self.facts.moved(name) for name in self.facts.after.counters if self.facts.moved(name)}
        broken = [f"{entry.code}: {entry.why}" for entry in self.diagnosis.not_run if "failed" in str(entry.why)]
        skip = ("Ip.", "IpExt.", "Softnet", "Tcp.InSegs", "Tcp.OutSegs", "Ip6", "Udp", "Icmp6", "MPTcp", "Sockstat", "File")
        return "\n".join([*lines, *broken, str({name: by for name, by in moved.items() if not name.startswith(skip)})])

    def only(
        self,
        code: str,
        *,
        at: tuple[str, int] | str | None = None,
        owner: Host | None = None,
        severity: Severity = Severity.WARNING,
        also: tuple[str, ...] = (),
    ) -> Finding:
        """The finding of a code at a place with an owner; asserts that nothing else is a warning or worse, unless `also` allows it."""
        found = [finding for finding in self.diagnosis.findings if finding.code == code]
        assert found, f"no {code}:\n{self.told()}"
        finding = found[0]
        assert finding.severity >= severity, self.told()
        others = [one.code for one in self.diagnosis.findings if one.severity > Severity.INFO and one.code not in {code, *also}]
        assert others == [], self.told()
        assert not [entry for entry in self.diagnosis.not_run if "failed" in str(entry.why)], self.told()
        if isinstance(at, tuple):
            assert (finding.subject.address, finding.subject.port) == at, self.told()
        elif at is not None:
            assert finding.subject.address == at, self.told()
        if owner is not None:
            assert [one.pid for one in finding.owners][:1] == [owner.pid], self.told()
        return finding

    def quiet(self) -> None:
        """Asserts that there is no warning and nothing worse."""
        assert [finding.code for finding in self.diagnosis.findings if finding.severity > Severity.INFO] == [], self.told()
        assert not [entry for entry in self.diagnosis.not_run if "failed" in str(entry.why)], self.told()

    def codes(self) -> set[str]:
        """The codes of all findings."""
        return {finding.code for finding in self.diagnosis.findings}


@dataclass
class Laboratory:
    """Makes hosts and ends them."""

    _cleaning: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def host(self, name: str, *, beside: Host | None = None, program: tuple[str, str] = (sys.executable, str(ACTOR))) -> Host:
        """A host of its own, or another process beside one."""
        made = Host(name, beside=beside, program=program)
        self._cleaning.callback(made.end)
        return made

    def wired(self) -> tuple[Host, Host, Wire]:
        """Client and server at the two ends of a wire."""
        client, server = self.host("caller"), self.host("service")
        wire = Wire(client.inside(lambda: open_tun("tun0")), server.inside(lambda: open_tun("tun0")))
        self._cleaning.callback(wire.close)
        for host, address in ((client, CLIENT), (server, SERVER)):
            host.address = address
            host.ip(f"address add {address}/32 dev tun0")
            host.ip("link set tun0 up")
            host.ip("route add default dev tun0")
        return client, server, wire

    def linked(self) -> tuple[Host, Host]:
        """Client and server on one link (veth), 10.9.1.2 and 10.9.1.1."""
        client, server = self.host("caller"), self.host("service")
        _veth(client, "e0", server, "e0")
        for host, address in ((client, CLIENT), (server, "10.9.1.1")):
            _up(host, "e0", address)
        return client, server

    def routed(self) -> tuple[Host, Host, Host]:
        """Client, router and server."""
        client, router, server = self.host("caller"), self.host("router"), self.host("service")
        _veth(client, "e0", router, "ec")
        _veth(server, "e0", router, "es")
        _up(router, "ec", "10.9.1.1")
        _up(router, "es", "10.9.2.1")
        router.sysctl(ipv4__ip_forward=1)
        for host, address, gateway in ((client, CLIENT, "10.9.1.1"), (server, SERVER, "10.9.2.1")):
            _up(host, "e0", address)
            host.ip(f"route add default via {gateway}")
        return client, router, server

    def close(self) -> None:
        """Ends everything."""
        self._cleaning.close()


def _veth(one: Host, name: str, other: Host, its: str) -> None:
    command = ["ip", "link", "add", name, "netns", str(one.pid), "type", "veth", "peer", "name", its, "netns", str(other.pid)]
    subprocess.run(command, check=True, capture_output=True, timeout=10)


def _up(host: Host, device: str, address: str) -> None:
    if host.address == "127.0.0.1":
        host.address = address
    host.ip(f"address add {address}/24 dev {device}")
    host.ip(f"link set {device} up")


@contextlib.contextmanager
def laboratory() -> Iterator[Laboratory]:
    """A laboratory that leaves nothing behind."""
    made = Laboratory()
    try:
        yield made
    finally:
        made.close()
