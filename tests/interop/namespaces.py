"""Two hosts on one machine: network namespaces joined by a veth pair, with a capture at the first one.

Sockets are made by a thread that lives in the namespace, and belong to it wherever they are used afterwards.  Everything is
removed again, whatever happens.  A host can be deafened: the other one then writes a wrong link address, so that its packets pass the
capture point and are dropped by the receiver, as if lost behind it.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

Result = TypeVar("Result")

CLONE_NEWNET = 0x40000000
NOWHERE = "02:00:00:00:00:99"
PROGRAMS = ("ip", "ss", "tcpdump")
_NUMBERS = itertools.count()

STATES = {
    "ESTAB": "ESTABLISHED", "SYN-RECV": "SYN-RECEIVED", "UNCONN": "CLOSED", "SYN-SENT": "SYN-SENT", "FIN-WAIT-1": "FIN-WAIT-1",
    "FIN-WAIT-2": "FIN-WAIT-2", "TIME-WAIT": "TIME-WAIT", "CLOSE-WAIT": "CLOSE-WAIT", "LAST-ACK": "LAST-ACK", "CLOSING": "CLOSING",
    "LISTEN": "LISTEN",
}  # fmt: skip
"""The names that ss uses, as the RFC spells them."""


def missing() -> str:
    """Why namespaces cannot be made here; empty where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if lacking:
        return f"{', '.join(lacking)} not installed"
    name = f"estab-{os.getpid()}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    if made.returncode == 0:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
        return ""
    return "network namespaces cannot be made"


def run(*command: str) -> str:
    """The output of a program that must succeed."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout


@dataclass
class Sample:
    """The states of both hosts at one moment, by (local address, local port, remote address, remote port)."""

    time_ns: int
    states: dict[tuple[str, int, str, int], str]


class Host:
    """One namespace."""

    def __init__(self, name: str, device: str, address: str) -> None:
        self.name, self.device, self.address = name, device, address
        self._inside = ThreadPoolExecutor(1, initializer=self._enter)

    def _enter(self) -> None:
        descriptor = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(descriptor)

    def inside(self, call: Callable[[], Result]) -> Result:
        """The result of a call made in the namespace."""
        return self._inside.submit(call).result(timeout=10)

    def tcp_socket(self) -> socket.socket:
        """A TCP socket of this host; every call on it ends within seconds."""
        made = self.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        made.settimeout(5)
        return made

    def listen(self, port: int = 8080, backlog: int = 8) -> socket.socket:
        """A listening socket."""
        listener = self.tcp_socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, port))
        listener.listen(backlog)
        return listener

    def retransmitted(self) -> int:
        """Tcp RetransSegs of the namespace."""
        text = self.inside(lambda: pathlib.Path("/proc/thread-self/net/snmp").read_text(encoding="ascii"))
        names, values = (line.split() for line in text.splitlines() if line.startswith("Tcp:"))
        return int(values[names.index("RetransSegs")])

    def states(self) -> dict[tuple[str, int, str, int], str]:
        """What `ss -tan` says of connections."""
        found = {}
        for line in run("ip", "netns", "exec", self.name, "ss", "-tanH").splitlines():
            state, _, _, local, remote = line.split()[:5]
            if state != "LISTEN":
                (here, port), (there, other) = local.rsplit(":", 1), remote.rsplit(":", 1)
                found[here, int(port), there, int(other)] = STATES[state]
        return found

    def close(self) -> None:
        self._inside.shutdown()


@dataclass
class Pair:
    """Two hosts, and the capture at the first."""

    client: Host
    server: Host
    capture: pathlib.Path
    samples: list[Sample] = field(default_factory=list)
    _tcpdump: subprocess.Popen[str] | None = None

    def sample(self, settle_s: float = 0.05) -> None:
        """Notes the kernel's states once the hosts have gone quiet."""
        time.sleep(settle_s)
        moment = time.time_ns()
        self.samples.append(Sample(moment, self.client.states() | self.server.states()))

    def lose(self, *, to_server: bool = True, to_client: bool = True, on: bool = True) -> None:
        """Lets packets pass the capture point and get lost behind it, or arrive again."""
        for sender, receiver, wanted in ((self.client, self.server, to_server), (self.server, self.client, to_client)):
            if wanted:
                link = run("ip", "-n", receiver.name, "-o", "link", "show", receiver.device).split("link/ether ")[1].split()[0]
                address = NOWHERE if on else link
                run(
                    "ip",
                    "-n",
                    sender.name,
                    "neigh",
                    "replace",
                    receiver.address,
                    "lladdr",
                    address,
                    "dev",
                    sender.device,
                    "nud",
                    "permanent",
                )

    def connect(self, listener: socket.socket) -> tuple[socket.socket, socket.socket]:
        """Both ends of a new connection."""
        client = self.client.tcp_socket()
        client.connect(listener.getsockname())
        return client, listener.accept()[0]

    def start(self) -> None:
        command = ["ip", "netns", "exec", self.client.name, "tcpdump", "-i", self.client.device, "-U", "--immediate-mode", "-s", "200"]
        command += ["-Z", "root", "-w", str(self.capture), "tcp or icmp"]
        self._tcpdump = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._tcpdump.stderr is not None
        for line in self._tcpdump.stderr:
            if "listening on" in line:
                return
        raise RuntimeError("tcpdump did not start")

    def stop(self) -> None:
        """Ends the capture after what is still under way."""
        if self._tcpdump is not None:
            time.sleep(0.1)
            self._tcpdump.send_signal(signal.SIGINT)
            self._tcpdump.communicate(timeout=10)
            self._tcpdump = None


@contextlib.contextmanager
def pair(folder: pathlib.Path) -> Iterator[Pair]:
    """Two hosts with a running capture; removed at the end."""
    number = next(_NUMBERS)
    names = [f"estab-{os.getpid()}-{number}-{letter}" for letter in "ab"]
    devices = [f"e{os.getpid() % 100_000}x{number}{letter}" for letter in "ab"]
    addresses = ["10.77.0.1", "10.77.0.2"]
    with contextlib.ExitStack() as cleaning:
        for name in names:
            run("ip", "netns", "add", name)
            cleaning.callback(subprocess.run, ["ip", "netns", "delete", name], capture_output=True, check=False)
        run("ip", "link", "add", devices[0], "netns", names[0], "type", "veth", "peer", "name", devices[1], "netns", names[1])
        for name, device, address in zip(names, devices, addresses, strict=True):
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
        client, server = (Host(*three) for three in zip(names, devices, addresses, strict=True))
        cleaning.callback(client.close)
        cleaning.callback(server.close)
        both = Pair(client, server, folder / "capture.pcap")
        both.lose(on=False)  # the link addresses are known from the start
        both.start()
        cleaning.callback(both.stop)
        yield both
