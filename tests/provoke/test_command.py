"""`estab diagnose` of a namespace as a person runs it: with packets, and watched.

What is provoked lasts until it has been reported; nothing is expected by a certain time, only before PATIENCE_S.
"""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from estab.capture.interface import InterfaceCapture, PacketRing
from estab.live.namespaces import call_inside, namespace_of_process
from estab.one_pass import analyse
from tests.provoke.laboratory import CLIENT, SERVER, Host, Laboratory
from tests.provoke.test_open import pairs, talk
from tests.provoke.wire import IFF_NO_PI, TO_SERVER, TUNSETIFF, Delivery, Seen, build, nothing

IFF_TAP = 2
PATIENCE_S = 90.0
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent / "src"

Event = dict[str, Any]


class Command:
    """The running command; its lines as they come."""

    def __init__(self, host: Host | None, *options: str) -> None:
        where = ["--pid", str(host.pid)] if host is not None else []
        command = [sys.executable, "-m", "estab", "--lang", "en", "diagnose", *where, *options]
        self.process = subprocess.Popen(command, cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def events(self) -> Iterator[Event]:
        """Its lines as JSON, until it ends or patience does."""
        end = time.monotonic() + PATIENCE_S
        while (line := self._lines.get(timeout=max(end - time.monotonic(), 0.1))) is not None:
            yield json.loads(line)

    def until(self, event: str, code: str) -> Event:
        """Waits for an event about a finding."""
        seen = []
        for told in self.events():
            seen.append((told["event"], told.get("finding", {}).get("code")))
            if seen[-1] == (event, code):
                return told
        raise AssertionError(f"{event} {code} was not told, but {seen}")

    def document(self) -> Event:
        """What it printed as a whole."""
        text = "".join(iter(lambda: self._lines.get(timeout=PATIENCE_S), None))
        assert self.process.stderr is not None
        return json.loads(text) if text else pytest.fail(self.process.stderr.read())  # type: ignore[no-any-return]

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, list[Event]]:
        """Ctrl-C; the status and what was still told."""
        self.process.send_signal(number)
        rest = list(self.events())
        return self.process.wait(timeout=PATIENCE_S), rest


@contextmanager
def command(host: Host | None, *options: str) -> Iterator[Command]:
    made = Command(host, *options)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait(timeout=10)
        made.reader.join(timeout=10)
        for pipe in (made.process.stdout, made.process.stderr):
            if pipe is not None:
                pipe.close()


def probe_each_second(host: Host) -> None:
    """So that each interval holds a repetition, or a probe of a closed window."""
    try:
        host.sysctl(ipv4__tcp_rto_max_ms=1000)
    except RuntimeError:
        pytest.skip("this kernel has no tcp_rto_max_ms (Linux 6.15)")


def kinds(finding: Event) -> set[str]:
    return {evidence["kind"] for evidence in finding["evidence"]}


def worst_first(document: Event) -> dict[str, Event]:
    """Warnings and worse, by their code."""
    return {finding["code"]: finding for finding in document["findings"] if finding["severity"] != "info"}


# --- packets and sockets -------------------------------------------------------------------------------------------------------------


def test_a_closed_window_is_one_finding_with_packets_sockets_and_the_process(lab: Laboratory, tmp_path: pathlib.Path) -> None:
    client, server = lab.linked()
    probe_each_second(client)
    pairs(client, server)
    client.do("fill(made[0])")
    kept = tmp_path / "kept.pcapng"
    with command(client, "--for", "4s", "--interface", "e0", "--write", str(kept), "--json") as running:
        document = running.document()
    findings = worst_first(document)
    assert list(findings) == ["flow.zero_window"], findings
    window = findings["flow.zero_window"]
    assert {"snapshot", "packets"} <= kinds(window) and [owner["pid"] for owner in window["owners"]] == [client.pid]
    assert document["capture"]["interface"] == "e0" and document["capture"]["lost"] == 0
    # What is kept is the capture of which the finding names connections and packets.
    frames = [frame for evidence in window["evidence"] if evidence["kind"] == "packets" for frame in evidence["frames"]]
    done = subprocess.run(
        [sys.executable, "-m", "estab", "trace", str(kept), "--conn", str(window["connections"][0]), "--json"],
        cwd=SOURCE, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    assert frames and max(frames) <= document["capture"]["packets"] and server.address in done.stdout


def test_a_lossy_link_is_one_finding_of_counters_and_packets(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 2)
    talk(client, server)
    data = [0]

    def lossy(seen: Seen) -> Delivery:
        data[0] += bool(seen.data) and seen.to == TO_SERVER
        return [] if seen.data and seen.to == TO_SERVER and data[0] % 8 == 0 else None

    wire.policy = lossy
    server.begin(f"soak(kept, {PATIENCE_S})")
    client.begin(f"pour(made, {PATIENCE_S}, chunk=b'z' * 4000, pause=.02)")
    with command(client, "--for", "3s", "--interface", "tun0", "--json") as running:
        document = running.document()
    losses = [finding for finding in document["findings"] if finding["code"].startswith("loss.")]
    both = [finding for finding in losses if {"counter", "packets"} <= kinds(finding)]
    assert both and [owner["pid"] for owner in both[0]["owners"]] == [client.pid], losses
    codes = [finding["code"] for finding in losses]
    assert len(codes) == len(set(codes))  # none is told twice, once by each kind


def test_a_dead_peer_is_told_with_the_silence_of_the_wire(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    probe_each_second(client)
    pairs(client, server, 2)
    talk(client, server)
    wire.policy = nothing
    client.do("[one.send(b'more') for one in made]")
    with command(client, "--for", "2s", "--watch", "--interface", "tun0", "--json", "--only", "half_open.peer_vanished") as running:
        dead = running.until("appeared", "half_open.peer_vanished")["finding"]
    assert {"snapshot", "packets"} <= kinds(dead) and [owner["pid"] for owner in dead["owners"]] == [client.pid]
    assert dead["subject"]["address"] == SERVER and any(" 0 received" in one["text"] for one in dead["evidence"])


def test_a_full_accept_queue_explains_the_silence_that_packets_show(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 1)")
    client.do(f"k = [dial({SERVER!r}, 80, wait=False) for _ in range(2)]")
    with command(server, "--for", "2s", "--watch", "--interface", "tun0", "--json") as running:
        client.do(f"more = [dial({SERVER!r}, 80, wait=False) for _ in range(6)]")  # the SYNs of which come again and again
        full = running.until("appeared", "handshake.accept_queue_overflow")["finding"]
        assert {"counter", "snapshot", "packets"} <= kinds(full) and full["owners"][0]["pid"] == server.pid
        _, rest = running.end()
    assert [event for event in rest if event.get("finding", {}).get("code") == "handshake.filtered"] == []


def test_short_connections_that_end_in_the_middle_of_the_capture_are_no_fault(lab: Laboratory) -> None:
    client, server = lab.linked()
    server.do("l = listen(80, 64)")
    server.begin(f"serve(l, {PATIENCE_S})")
    work = f"""end = time.monotonic() + {PATIENCE_S}
while time.monotonic() < end:
    made = dial({server.address!r}, 80)
    made.send(b'ask')
    made.recv(999)
    made.close()
    time.sleep(.02)"""
    client.begin(work)
    for host in (client, server):
        with command(host, "--for", "3s", "--interface", "e0", "--json") as running:
            document = running.document()
        assert document["capture"]["connections"] > 3 and document["between"]["ended"] > 3
        assert worst_first(document) == {}


def test_the_sixth_version(lab: Laboratory) -> None:
    client, server = lab.linked()
    for host, address in ((client, "fd09::2"), (server, "fd09::1")):
        host.ip(f"address add {address}/64 dev e0 nodad")
    probe_each_second(client)
    server.do("l = listen(80, 16, '::')")
    client.do("made = [dial('fd09::1', 80)]")
    server.do("kept = [l.accept()[0]]")
    client.do("fill(made[0])")
    with command(client, "--for", "4s", "--interface", "e0", "--json") as running:
        document = running.document()
    window = worst_first(document)["flow.zero_window"]
    assert {"snapshot", "packets"} <= kinds(window) and window["owners"][0]["pid"] == client.pid
    assert window["subject"]["address"] == "fd09::1"


def test_packets_of_a_vlan_keep_their_tag(lab: Laboratory) -> None:
    host = lab.host("shop")
    tap = host.inside(open_tap)
    try:
        host.ip("link set tap0 up")
        opened: list[PacketRing] = []
        call_inside(namespace_of_process(host.pid), lambda: opened.append(PacketRing("tap0")))
        capture = InterfaceCapture(opened[0])
        syn = build(CLIENT, SERVER, 40_000, 80, "S")
        os.write(tap, bytes(12) + bytes.fromhex("8100 0007 0800") + syn)
        taken = capture.take()
        capture.close()
        with taken.file as file:
            analysis = analyse([taken.path])
            file.seek(0)
            assert bytes.fromhex("0007 0800") + syn[:12] in file.read()
    finally:
        os.close(tap)
    assert [str(analysis.connections.endpoint(0, side)) for side in (0, 1)] == [f"{CLIENT}:40000", f"{SERVER}:80"]


def open_tap() -> int:
    """A device that takes whole frames, of the calling thread's namespace."""
    made = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(made, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP | IFF_NO_PI))
    return made


def test_an_interface_that_goes_down_is_told(lab: Laboratory) -> None:
    client, server = lab.linked()
    pairs(client, server)
    with command(client, "--for", "300ms", "--watch", "--interface", "e0", "--json") as running:
        assert next(running.events())["event"] == "begin"
        client.ip("link set e0 down")
        told = next(event for event in running.events() if event["event"] == "capture")
        status, _ = running.end()
    assert status == 130 and told["went_down"] and told["interface"] == "e0" and told["lost"] == 0


def test_without_the_right_one_line_says_what_is_missing(lab: Laboratory) -> None:
    del lab
    drop = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]
    arguments = [sys.executable, "-m", "estab", "--lang", "en", "diagnose", "--for", "100ms", "--interface", "lo"]
    done = subprocess.run([*drop, *arguments], cwd=SOURCE, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    expected = "estab: the packets of lo may not be captured: run it as root, or leave out --interface (needs CAP_NET_RAW)\n"
    assert done.stderr == expected


# --- watching ------------------------------------------------------------------------------------------------------------------------


def test_a_leak_is_told_when_it_comes_and_when_it_goes(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 6)
    with command(server, "--for", "400ms", "--watch", "--json") as running:
        assert next(running.events())["event"] == "begin"
        client.do("[one.close() for one in made]")
        came = running.until("appeared", "close.close_wait_leak")
        assert came["finding"]["count"] == 6 and came["finding"]["owners"][0]["pid"] == server.pid
        server.do("[one.close() for one in kept]")
        went = running.until("ended", "close.close_wait_leak")
        status, rest = running.end()
    assert went["lasted_ns"] >= came["lasted_ns"] > 0 and went["since_ns"] == came["since_ns"]
    assert status == 130 and rest[-1]["event"] == "end" and rest[-1]["ended"] >= 1


def test_a_watch_of_a_named_namespace_ends_when_that_is_gone(lab: Laboratory) -> None:
    name, host = f"estab-{os.getpid()}-gone", lab.host("shop")
    subprocess.run(["ip", "netns", "attach", name, str(host.pid)], check=True, capture_output=True, timeout=10)
    try:
        with command(None, "--netns", name, "--for", "300ms", "--watch", "--json") as running:
            assert next(running.events())["source"]["netns"] == name
            subprocess.run(["ip", "netns", "delete", name], check=True, capture_output=True, timeout=10)
            assert [event["event"] for event in running.events()][-1] == "end"
            assert running.process.wait(timeout=PATIENCE_S) == 2 and running.process.stderr is not None
            assert f"{name}: this network namespace is gone" in running.process.stderr.read()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True, timeout=10)
