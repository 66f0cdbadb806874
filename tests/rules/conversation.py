"""A small language for rule tests: connections written as conversations, tracked by the real tracker.

    capture = Capture()
    talk = capture.talk(server="10.0.0.2:80")      # a connection from a fresh client port
    talk.open()                                    # SYN, SYN-ACK, ACK
    talk.client("PA", data=100)                    # 100 bytes to the server
    talk.server("A")
    talk.wait("2s")
    talk.client("FA").server("A")
    facts = capture.facts()

Sequence and acknowledgement numbers follow by themselves: a packet begins where its sender's last one ended and acknowledges all that
was delivered.  `lost=True` keeps a packet from the capture and from its receiver, `unseen=True` only from the capture, `dropped=True`
only from the receiver; `again=True` sends the sender's latest segment once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from estab.capture.summary import CaptureSummary
from estab.diagnose.facts import Facts
from estab.flow import parse_address
from estab.instant import MICROSECOND_NS, SECOND_NS, parse_duration
from estab.lives import Life
from estab.track import Tracker
from estab.wire import columns
from estab.wire.columns import KIND_ICMP_ERROR, KIND_TCP, PACKET
from estab.wire.flowhash import endpoint_hash, pair_hash

START_NS = 1_700_000_000 * SECOND_NS
STEP_NS = 20 * MICROSECOND_NS
FLAGS = {
    "F": columns.FIN,
    "S": columns.SYN,
    "R": columns.RST,
    "P": columns.PSH,
    "A": columns.ACK,
    "U": columns.URG,
    "E": columns.ECE,
    "C": columns.CWR,
}


@dataclass
class End:
    """What one end of a conversation knows."""

    address: str
    port: int
    isn: int
    next: int = 0
    heard: int = 0
    """What it may acknowledge."""
    ip_id: int = 1
    ttl: int = 64
    window: int = 65_535
    latest: dict[str, int] = field(default_factory=dict)


class Capture:
    """Packets of several conversations on one clock."""

    def __init__(self, *, timed: bool = True) -> None:
        self.now_ns = START_NS if timed else 0
        self.step_ns = STEP_NS if timed else 0
        self.rows: list[Any] = []
        self._port = 40_000

    def talk(self, client: str = "10.0.0.1", server: str = "10.0.0.2:80") -> Conversation:
        """A connection; a client without a port gets a fresh one."""
        if client.count(":") != 1:
            self._port += 1
            client = f"{client}|{self._port}"
        return Conversation(self, _end(client, isn=1_000), _end(server, isn=500_000))

    def wait(self, duration: str) -> None:
        """Lets time pass."""
        if self.step_ns:
            self.now_ns += parse_duration(duration)

    def add(self, row: Any) -> None:
        """Takes a packet at the present time."""
        row.time_ns, row.frame = self.now_ns, len(self.rows) + 1
        self.rows.append(row)

    def facts(self) -> Facts:
        """The conversations as rules see them; the capture ends now."""
        tracker = Tracker()
        tracker.feed(self.rows, len(self.rows), Life.INTERPRETED)
        summary = CaptureSummary(files=["test.pcap"], packets=len(self.rows), tcp_packets=len(self.rows), finished=True)
        if self.step_ns and self.rows:
            summary.first_ns, summary.last_ns = self.rows[0].time_ns, max(self.now_ns, self.rows[-1].time_ns)
        return Facts(tracker.finish(), summary)


class Conversation:
    """One connection, packet by packet."""

    def __init__(self, capture: Capture, client: End, server: End) -> None:
        self.capture = capture
        self.ends = {"client": client, "server": server}
        for end in self.ends.values():
            end.next = end.isn

    def client(self, flags: str = "A", **more: Any) -> Conversation:
        """A packet of the client; for the words see `_send`."""
        return self._send("client", "server", flags, **more)

    def server(self, flags: str = "A", **more: Any) -> Conversation:
        """A packet of the server."""
        return self._send("server", "client", flags, **more)

    def open(self, rtt: str = "1ms") -> Conversation:
        """The three-way handshake, captured at the client."""
        self.client("S").wait(rtt)
        return self.server("SA").client("A")

    def close(self) -> Conversation:
        """The client closes, the server at once after it."""
        return self.client("FA").server("FA").client("A")

    def wait(self, duration: str) -> Conversation:
        """Lets time pass for all conversations."""
        self.capture.wait(duration)
        return self

    def _send(
        self,
        sender: str,
        receiver: str,
        flags: str,
        *,
        data: int = 0,
        again: bool = False,
        lost: bool = False,
        unseen: bool = False,
        dropped: bool = False,
        shift: int = 0,
        seq: int | None = None,
        ack: int | None = None,
        **fields: Any,
    ) -> Conversation:
        """One packet.  `shift` moves its sequence number, `seq` and `ack` set numbers; `fields` are columns of PACKET (`window`, ...)."""
        me, peer = self.ends[sender], self.ends[receiver]
        bits = sum(FLAGS[letter] for letter in flags.replace(".", "A"))
        if again:
            segment = me.latest
        else:
            segment = {"seq": me.next if seq is None else seq, "payload": data, "flags": bits}
            if data or bits & (columns.SYN | columns.FIN):
                me.latest = segment
        start = segment["seq"] + shift
        end = start + segment["payload"] + bool(segment["flags"] & columns.SYN) + bool(segment["flags"] & columns.FIN)
        if seq is None and not shift:
            me.next = max(me.next, end)
        if not (lost or unseen):
            acknowledged = (me.heard if ack is None else ack) if segment["flags"] & columns.ACK else 0
            self.capture.add(self._row(me, peer, segment, start, acknowledged, fields))
        if not (lost or dropped):
            peer.heard = end if peer.heard in {0, start} else max(peer.heard, end if start <= peer.heard else peer.heard)
        me.ip_id = me.ip_id % 65_535 + 1
        self.capture.now_ns += self.capture.step_ns
        return self

    def icmp(self, about: str = "client", *, kind: int = 3, code: int = 1, mtu: int = 0) -> Conversation:
        """An ICMP error that quotes the latest segment of one end."""
        me, peer = self.ends[about], self.ends["server" if about == "client" else "client"]
        row = self._row(me, peer, me.latest, me.latest["seq"], 0, {"icmp_type": kind, "icmp_code": code, "icmp_mtu": mtu})
        row.kind = KIND_ICMP_ERROR
        self.capture.add(row)
        self.capture.now_ns += self.capture.step_ns
        return self

    def _row(self, me: End, peer: End, segment: dict[str, int], seq: int, ack: int, fields: dict[str, Any]) -> Any:
        row = Life.INTERPRETED.rows(PACKET, 1)[0]
        source, target = parse_address(me.address), parse_address(peer.address)
        row.src0, row.src1, row.src2, row.src3 = source
        row.dst0, row.dst1, row.dst2, row.dst3 = target
        row.sport, row.dport = me.port, peer.port
        row.hash = pair_hash(endpoint_hash(*source, me.port), endpoint_hash(*target, peer.port))
        row.kind, row.connection = KIND_TCP, -1
        row.seq, row.ack = seq & 0xFFFFFFFF, ack & 0xFFFFFFFF
        row.payload, row.flags = segment["payload"], segment["flags"]
        row.ip_id, row.ttl, row.window = me.ip_id, me.ttl, 0 if segment["flags"] & columns.RST else me.window
        for name, value in fields.items():
            setattr(row, name, value)
        return row


def _end(text: str, *, isn: int) -> End:
    address, _, port = text.rpartition("|" if "|" in text else ":")
    return End(address.strip("[]"), int(port), isn)
