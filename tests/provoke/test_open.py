"""Open connections that stall, suffer or are lost, made for real."""

from __future__ import annotations

import time

from estab.diagnose.finding import Severity
from tests.provoke.laboratory import CLIENT, SERVER, Host, Laboratory
from tests.provoke.wire import TO_CLIENT, TO_SERVER, Delivery, Seen, Wire, build, nothing

KEEPALIVE = "(1, 9, 1), (6, 4, 1), (6, 5, 1), (6, 6, 3)"
CUBIC = "(6, 13, b'cubic')"


def pairs(client: Host, server: Host, count: int = 1, port: int = 80, options: str = "") -> None:
    """So many connections, `made` at the client and `kept` at the server."""
    server.do(f"l = listen({port}, 64)")
    client.do(f"made = [dial({server.address!r}, {port}, {options}) for _ in range({count})]")
    server.do(f"kept = [l.accept()[0] for _ in range({count})]")


def talk(client: Host, server: Host) -> None:
    """A request and an answer on each connection."""
    client.do("[one.send(b'ask') for one in made]")
    server.do("[(one.recv(9), one.send(b'answer')) for one in kept]")
    client.do("[one.recv(9) for one in made]")


# --- peers and paths that are gone -----------------------------------------------------------------------------------------------------


def test_peer_vanished(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 3)
    talk(client, server)
    wire.policy = nothing
    client.do("[one.send(b'more') for one in made]")
    time.sleep(2.2)
    finding = client.diagnosed(1.3).only("half_open.peer_vanished", at=SERVER, owner=client, severity=Severity.CRITICAL)
    assert finding.count == 3


def test_idle_connections_to_a_vanished_peer_are_suspected(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 3)
    talk(client, server)
    wire.policy = nothing
    client.do("made[0].send(b'more')")
    time.sleep(2.4)
    seen = client.diagnosed(1.3)
    assert seen.only("half_open.suspected", at=SERVER, owner=client, also=("half_open.peer_vanished",)).count == 2


def test_idle_connections_to_a_living_peer_are_quiet(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 20)
    talk(client, server)
    client.diagnosed(1.2).quiet()


def test_peer_restarted(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 4)
    talk(client, server)
    wire.policy = lambda seen: [] if seen.to == TO_CLIENT and "R" in seen.flags else None
    server.do("[linger0(one) for one in kept]; l.close()")
    time.sleep(1.2)
    wire.policy = None
    seen = client.diagnosed(0.6, lambda: client.do("[one.send(b'more') for one in made]"))
    assert seen.only("half_open.peer_restarted", at=SERVER, owner=client).count == 4


def test_keepalive_unanswered(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 2, options=KEEPALIVE)
    wire.policy = nothing
    time.sleep(1.6)
    client.diagnosed(1.2).only("keepalive.unanswered", at=SERVER, owner=client)


def test_keepalive_death(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 2, options=KEEPALIVE)
    wire.policy = nothing
    time.sleep(0.5)
    seen = client.diagnosed(4.5)
    assert seen.only("keepalive.unanswered", at=SERVER, owner=client).count == 2


def test_keepalive_answered_is_quiet(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 2, options=KEEPALIVE)
    seen = client.diagnosed(2.4)
    seen.quiet()
    assert seen.facts.moved("TcpExt.TCPKeepAlive") >= 2


def test_firewall_forgets_an_idle_connection(lab: Laboratory) -> None:
    client, router, server = lab.routed()
    router.nft("policy drop;\nct state established,related accept\ntcp flags & (fin|syn|rst|ack) == syn ct state new accept\ncounter drop")
    router.sysctl(netfilter__nf_conntrack_tcp_timeout_established=2, netfilter__nf_conntrack_tcp_loose=0)
    pairs(client, server, 2)
    talk(client, server)
    time.sleep(3.5)
    client.do("made[0].send(b'late')")
    time.sleep(1.6)
    other = "time.sleep(.5); other = dial('10.9.2.2', 80); other.send(b'x'); time.sleep(.2)"  # an older one might be forgotten, too
    seen = client.diagnosed(1.2, lambda: client.do(other))
    seen.only("middlebox.idle_timeout", at=SERVER, owner=client, severity=Severity.CRITICAL)


def test_path_mtu_black_hole(lab: Laboratory) -> None:
    client, router, server = lab.routed()
    router.ip("link set es mtu 1300")
    router.nft("icmp type destination-unreachable counter drop", hook="output")
    pairs(client, server)
    talk(client, server)
    client.do("made[0].send(b'B' * 1448 * 3)")
    time.sleep(0.8)
    client.diagnosed(1.2).only("path.pmtu_black_hole", at=SERVER, owner=client)


def test_path_mtu_discovery_that_works_is_quiet(lab: Laboratory) -> None:
    client, router, server = lab.routed()
    router.ip("link set es mtu 1300")
    pairs(client, server)
    talk(client, server)
    seen = client.diagnosed(1.0, lambda: client.do("made[0].send(b'B' * 1448 * 3)"))
    seen.quiet()
    assert "loss.retransmission" not in seen.codes(), seen.told()


def test_icmp_errors_on_an_open_connection(lab: Laboratory) -> None:
    client, router, server = lab.routed()
    pairs(client, server)
    talk(client, server)
    router.nft("counter reject with icmp type host-unreachable")
    client.do("made[0].send(b'x')")
    time.sleep(0.3)
    seen = client.diagnosed(1.0)
    seen.only("path.icmp_soft_error")


def test_rejected_by_icmp(lab: Laboratory) -> None:
    client, router, _ = lab.routed()
    router.nft("tcp dport 80 counter reject with icmp type admin-prohibited")
    seen = client.diagnosed(0.8, lambda: client.do(f"[attempt({SERVER!r}, 80) for _ in range(3)]"))
    seen.only("handshake.rejected_icmp")


def test_no_route(lab: Laboratory) -> None:
    client = lab.host("caller")
    seen = client.diagnosed(0.4, lambda: client.do("[attempt('10.20.0.1', 80) for _ in range(4)]"))
    finding = seen.only("path.no_route", severity=Severity.CRITICAL)
    assert "no default route" in str(finding.cause)


def test_a_route_that_sends_nothing_on(lab: Laboratory) -> None:
    client, server = lab.linked()
    pairs(client, server, 2)
    talk(client, server)
    client.ip(f"route add blackhole {server.address}/32")
    seen = client.diagnosed(1.2, lambda: client.do("[one.send(b'more') for one in made]"))
    finding = seen.only("path.no_route", owner=client, severity=Severity.CRITICAL)
    assert f"blackhole {server.address}" in str(finding.cause) and len(finding.members) == 2


def test_neighbour_does_not_answer(lab: Laboratory) -> None:
    client, _ = lab.linked()
    client.do("k = dial('10.9.1.77', 80, wait=False)")
    client.diagnosed(1.2).only("path.neighbour_failure", at="10.9.1.77", owner=client, severity=Severity.CRITICAL)


def test_own_firewall_drops(lab: Laboratory) -> None:
    client, _ = lab.linked()
    client.nft("tcp dport 80 counter drop", hook="output")
    client.do("k = dial('10.9.1.1', 80, wait=False)")
    client.diagnosed(1.5).only("path.local_firewall_drop", at=("10.9.1.1", 80), owner=client)


def test_reverse_path_filter(lab: Laboratory) -> None:
    client, _, server = lab.routed()
    server.ip("route del default")
    server.ip("route add 10.9.1.0/24 dev lo")
    server.sysctl(ipv4__conf__all__rp_filter=1, ipv4__conf__e0__rp_filter=1)
    server.do("l = listen(80)")
    seen = server.diagnosed(1.4, lambda: client.do(f"k = [dial({SERVER!r}, 80, wait=False) for _ in range(2)]"))
    seen.only("path.rp_filter_drop")


def test_own_queue_drops(lab: Laboratory) -> None:
    client, server = lab.linked()
    client.run("tc", "qdisc", "add", "dev", "e0", "root", "tbf", "rate", "8mbit", "burst", "10kb", "limit", "12kb")
    client.ip("link set e0 gso_max_size 2000")
    pairs(client, server, 8, options=CUBIC)
    server.begin("[one.setblocking(False) for one in kept]; soak(kept, 2.0)")
    seen = client.diagnosed(1.5, lambda: client.do("pour(made, 1.3)"))
    server.finish()
    finding = seen.only("path.local_qdisc_drop")
    assert finding.subject.name == "e0"


# --- loss, order, damage -----------------------------------------------------------------------------------------------------------------


def transfer(client: Host, server: Host, size: int = 1_500_000, seconds: float = 3.0) -> None:
    """So many bytes from client to server."""
    server.begin(f"drain(kept[0], {size}, {seconds})")
    client.do(f"made[0].settimeout({seconds}); made[0].sendall(b'd' * {size})")
    server.finish()


def every(number: int, change: object) -> object:
    count = [0]

    def policy(seen: Seen) -> Delivery:
        if not seen.data or seen.to != TO_SERVER:
            return [(0.005, seen.raw)]
        count[0] += 1
        return change(seen) if count[0] % number == 0 else [(0.005, seen.raw)]  # type: ignore[operator]

    return policy


def test_loss(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server)
    wire.policy = every(25, nothing)  # type: ignore[assignment]
    seen = client.diagnosed(0.5, lambda: transfer(client, server))
    seen.only("loss.retransmission", at=SERVER, owner=client)


def test_a_transfer_without_loss_is_quiet(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server)
    wire.policy = lambda seen: [(0.005, seen.raw)]
    client.diagnosed(0.5, lambda: transfer(client, server)).quiet()


def test_reordering(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server)
    wire.policy = every(9, lambda seen: [(0.012, seen.raw)])  # type: ignore[assignment]
    seen = client.diagnosed(0.5, lambda: transfer(client, server, 3_000_000))
    seen.only("order.out_of_order", at=SERVER, owner=client)
    assert "loss.fast_retransmit" not in seen.codes(), seen.told()  # nothing was lost
    assert seen.facts.moved("TcpExt.TCPTimeouts") or "loss.spurious_retransmission" not in seen.codes(), seen.told()


def test_duplicates(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server)
    wire.policy = lambda seen: [(0.005, seen.raw), (0.006, seen.raw)] if seen.data else [(0.005, seen.raw)]
    seen = client.diagnosed(0.6, lambda: transfer(client, server, 300_000))
    seen.only("order.network_duplicate", at=SERVER, owner=client)


def test_needless_timeouts(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, options="(6, 1, 1)")
    server.begin("drain(kept[0], 100_000, 4.0)")
    client.do("[(made[0].send(b'q' * 1000), time.sleep(.01)) for _ in range(20)]")
    delay = [0.9]
    wire.policy = lambda seen: [(delay[0] if seen.to == TO_SERVER else 0.0, seen.raw)]

    def spike() -> None:
        client.do("[made[0].send(b'w' * 1400) for _ in range(8)]")
        time.sleep(0.5)
        delay[0] = 0.0

    seen = client.diagnosed(2.5, spike)
    server.finish()
    seen.only("loss.spurious_retransmission", at=SERVER, severity=Severity.INFO)


def own_last(wire: Wire, flags: str | None = None) -> Seen:
    return wire.last(TO_SERVER, flags)


def test_damaged_segments(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server)
    talk(client, server)
    last = own_last(wire)

    def damage() -> None:
        for _ in range(4):
            raw = build(CLIENT, SERVER, last.source_port, 80, "PA", last.seq, last.ack, data=b"Z" * 10, options=last.options, damaged=True)
            wire.inject(TO_SERVER, raw)

    server.diagnosed(0.4, damage).only("path.checksum_errors")


def test_old_timestamps(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server)
    talk(client, server)
    last = own_last(wire)
    value, echo = last.timestamps() or (0, 0)
    new = last.seq + len(last.data)  # whether the request or already the ACK of the answer went by last: no duplicate
    options = b"\x01\x01\x08\x0a" + ((value - 100_000) & 0xFFFFFFFF).to_bytes(4, "big") + echo.to_bytes(4, "big")

    def replay() -> None:
        for _ in range(4):
            wire.inject(TO_SERVER, build(CLIENT, SERVER, last.source_port, 80, "PA", new, last.ack, data=b"Z" * 10, options=options))

    server.diagnosed(0.4, replay).only("order.paws_drop")
