"""Connections that do not come about, made for real."""

from __future__ import annotations

import time

from estab.diagnose.finding import Severity
from tests.provoke.laboratory import CLIENT, SERVER, Laboratory
from tests.provoke.wire import TO_CLIENT, TO_SERVER, Delivery, Seen, build, nothing

NODELAY = "(6, 1, 1)"


def test_refused(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    attempts = f"[attempt({SERVER!r}, 81) for _ in range(5)]"
    seen = client.diagnosed(0.5, lambda: client.do(attempts))
    assert seen.only("handshake.refused", at=(SERVER, 81), owner=client).count == 5
    server.diagnosed(0.3).quiet()


def test_one_refusal_among_many_connections_is_a_note(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 64)")
    work = f"[attempt({SERVER!r}, 80) for _ in range(20)]; attempt({SERVER!r}, 81)"
    seen = client.diagnosed(0.5, lambda: client.do(work))
    seen.quiet()
    assert "handshake.refused" in seen.codes()


def test_refused_on_this_host(lab: Laboratory) -> None:
    host = lab.host("shop")
    seen = host.diagnosed(0.5, lambda: host.do("[attempt('127.0.0.1', 81) for _ in range(4)]"))
    assert "this very host" in str(seen.only("handshake.refused").cause)


def test_refusals_are_told_of_each_destination(lab: Laboratory) -> None:
    client, _, _ = lab.wired()
    work = f"[attempt({SERVER!r}, port) for port in (81, 81, 81, 82, 82, 82, 82)]"
    seen = client.diagnosed(0.5, lambda: client.do(work))
    found = [finding for finding in seen.diagnosis.findings if finding.code == "handshake.refused"]
    assert [(finding.subject.port, finding.count) for finding in found] == [(82, 4), (81, 3)]
    assert all([one.pid for one in finding.owners] == [client.pid] for finding in found)


def test_attempts_that_a_program_gave_up_between_the_readings(lab: Laboratory) -> None:
    client, _, wire = lab.wired()
    wire.policy = nothing
    seen = client.diagnosed(0.5, lambda: client.do(f"attempt({SERVER!r}, 80, seconds=3.5)"))
    finding = seen.only("handshake.filtered", at=(SERVER, 80), owner=client)
    assert finding.count == 1 and not seen.facts.t.count


def test_wrong_family(lab: Laboratory) -> None:
    host = lab.host("shop")
    host.do("l = listen(80, 16, '127.0.0.1')")
    seen = host.diagnosed(0.5, lambda: host.do("[attempt('::1', 80) for _ in range(4)]"))
    finding = seen.only("listen.wrong_address", at=("127.0.0.1", 80), owner=host, severity=Severity.INFO, also=("handshake.refused",))
    assert finding.severity is Severity.INFO


def test_filtered(lab: Laboratory) -> None:
    client, _, wire = lab.wired()
    wire.policy = nothing
    client.do(f"k = dial({SERVER!r}, 80, wait=False)")
    client.diagnosed(1.3).only("handshake.filtered", at=(SERVER, 80), owner=client)


def test_attempts_that_gave_up(lab: Laboratory) -> None:
    client, _, wire = lab.wired()
    wire.policy = nothing
    client.sysctl(ipv4__tcp_syn_retries=1)
    client.do(f"k = [dial({SERVER!r}, 80, wait=False) for _ in range(3)]")
    finding = client.diagnosed(3.6).only("handshake.filtered", at=(SERVER, 80), owner=client)
    assert not any(remedy.set for remedy in finding.remedy)  # fewer repetitions than 1 are not advised


def test_a_connection_under_way_is_quiet(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    server.do("l = listen(80)")
    wire.policy = lambda seen: [(0.4, seen.raw)]
    client.diagnosed(0.3, lambda: client.do(f"k = dial({SERVER!r}, 80, wait=False)")).quiet()


def test_pile_of_attempts(lab: Laboratory) -> None:
    client, _, wire = lab.wired()
    wire.policy = nothing
    client.do(f"k = [dial({SERVER!r}, 80, wait=False) for _ in range(40)]")
    assert client.diagnosed(1.3).only("handshake.syn_sent_pile", at=(SERVER, 80), owner=client).count == 40


def test_scan_from_here(lab: Laboratory) -> None:
    client, _, wire = lab.wired()
    wire.policy = nothing
    client.do("k = [dial(f'10.66.0.{n + 1}', 22, wait=False) for n in range(40)]")
    finding = client.diagnosed(0.5).only("attack.port_scan", owner=client)
    assert finding.subject.name == f"caller (pid {client.pid})"


def test_return_path_blocked(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    server.do("l = listen(80)")
    wire.policy = lambda seen: [] if seen.to == TO_CLIENT else None
    client.sysctl(ipv4__tcp_syn_retries=1)
    client.do(f"k = [dial({SERVER!r}, 80, wait=False) for _ in range(4)]")
    time.sleep(0.8)
    server.diagnosed(1.0).only("handshake.return_path_blocked", at=(SERVER, 80), owner=server)


def test_accept_queue_overflow(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 2)")
    seen = server.diagnosed(1.0, lambda: client.do(f"k = [dial({SERVER!r}, 80, wait=False) for _ in range(8)]"))
    finding = seen.only("handshake.accept_queue_overflow", at=("0.0.0.0", 80), owner=server, severity=Severity.CRITICAL)
    assert any("accept queue: 3 waiting, limit 2" in str(evidence.text) for evidence in finding.evidence)


def test_a_queue_that_is_emptied_is_quiet(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 64)")
    server.begin("kept = [l.accept()[0] for _ in range(40)]; 1")
    seen = server.diagnosed(0.6, lambda: client.do(f"k = [dial({SERVER!r}) for _ in range(40)]"))
    server.finish()
    seen.quiet()


def test_abort_on_overflow(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    server.sysctl(ipv4__tcp_abort_on_overflow=1)
    server.do("l = listen(80, 4)")
    client.do(f"k = [dial({SERVER!r}) for _ in range(4)]")
    wire.policy = lambda seen: [(0.3, seen.raw)] if seen.to == TO_SERVER and seen.flags == "A" else None
    seen = server.diagnosed(1.0, lambda: client.do(f"more = [dial({SERVER!r}, 80, wait=False) for _ in range(4)]"))
    finding = seen.only("handshake.abort_on_overflow", at=("0.0.0.0", 80), owner=server, severity=Severity.CRITICAL)
    undo = [remedy.undo for remedy in finding.remedy if remedy.undo]
    assert {"net.ipv4.tcp_abort_on_overflow": 1} in undo


def test_fake_established(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    server.do("l = listen(80, 2)")
    wire.policy = lambda seen: [(0.2, seen.raw)] if seen.to == TO_SERVER and seen.flags == "A" else None
    client.do(f"k = [dial({SERVER!r}, 80, {NODELAY}, wait=False) for _ in range(7)]; time.sleep(.4); [say(one, b'GET') for one in k]")
    time.sleep(0.8)
    finding = client.diagnosed(1.2).only("handshake.fake_established", at=(SERVER, 80), owner=client)
    assert finding.count >= 3


def flood(wire: object, count: int = 150) -> None:
    for number in range(count):
        source = f"10.77.{number // 250}.{number % 250 + 1}"
        syn = build(source, SERVER, 1024 + number, 80, "S", number * 7919, window=64240, options=b"\x02\x04\x05\xb4")
        wire.inject(TO_SERVER, syn)  # type: ignore[attr-defined]


def not_to_forged(seen: Seen) -> Delivery:
    return [] if seen.to == TO_CLIENT and seen.target.startswith("10.77.") else None


def test_syn_flood_with_cookies(lab: Laboratory) -> None:
    _, server, wire = lab.wired()
    server.do("l = listen(80, 8)")
    wire.policy = not_to_forged
    seen = server.diagnosed(1.0, lambda: flood(wire))
    seen.only("attack.syn_flood", at=(SERVER, 80), owner=server, severity=Severity.CRITICAL)


def test_syn_flood_without_cookies(lab: Laboratory) -> None:
    _, server, wire = lab.wired()
    server.sysctl(ipv4__tcp_syncookies=0, ipv4__tcp_max_syn_backlog=16)
    server.do("l = listen(80, 8)")
    wire.policy = not_to_forged
    seen = server.diagnosed(1.0, lambda: flood(wire))
    seen.only("attack.syn_flood", at=(SERVER, 80), owner=server, severity=Severity.CRITICAL)
    assert "audit.sysctl" in seen.codes()


def test_syn_queue_full_of_real_clients(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    server.sysctl(ipv4__tcp_syncookies=0, ipv4__tcp_max_syn_backlog=8)
    server.do("l = listen(80, 8)")
    server.begin("kept = [l.accept()[0] for _ in range(30)]; 1")
    wire.policy = lambda seen: [(0.15, seen.raw)]
    seen = server.diagnosed(2.5, lambda: client.do(f"k = [dial({SERVER!r}, 80, wait=False) for _ in range(30)]"))
    seen.only("handshake.syn_queue_full", severity=Severity.CRITICAL)


def test_cookies_without_timestamps_cost_window_scaling(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.sysctl(ipv4__tcp_syncookies=2)
    client.sysctl(ipv4__tcp_timestamps=0)
    server.do("l = listen(80)")
    work = f"k = dial({SERVER!r}); k.send(b'x')"
    seen = server.diagnosed(0.5, lambda: (client.do(work), server.do("kept = l.accept()[0]")))
    seen.only("handshake.syncookie_side_effects", at=(SERVER, 80), severity=Severity.INFO)
    assert "handshake.syn_queue_full" not in seen.codes(), seen.told()


def test_defer_accept(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 8, '0.0.0.0', (6, TCP_DEFER_ACCEPT, 3))")
    seen = server.diagnosed(0.6, lambda: client.do(f"k = dial({SERVER!r})"))
    seen.only("handshake.defer_accept_stall", at=(SERVER, 80), owner=server, severity=Severity.INFO)


def test_self_connect(lab: Laboratory) -> None:
    host = lab.host("shop")
    host.do("k = dial('127.0.0.1', 45678, bind=('127.0.0.1', 45678))")
    host.diagnosed(0.3).only("handshake.self_connect", at=("127.0.0.1", 45678), owner=host)


def test_listener_closed_with_clients_waiting(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 8)")
    client.do(f"k = [dial({SERVER!r}) for _ in range(3)]")
    seen = server.diagnosed(0.5, lambda: server.do("l.close()"))
    finding = seen.only("listen.closed_with_pending", at=(SERVER, 80), owner=server)
    assert finding.count == 3


def test_port_of_a_service_that_stopped(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 8)")
    client.do(f"k = dial({SERVER!r})")
    server.do("kept = l.accept()[0]")
    seen = server.diagnosed(0.5, lambda: server.do("l.close(); kept.close()"))
    seen.only("listen.address_in_use", at=(SERVER, 80), severity=Severity.INFO)


def test_listener_in_the_ephemeral_range(lab: Laboratory) -> None:
    host = lab.host("shop")
    host.do("l = listen(45678)")
    host.diagnosed(0.3).only("ports.clash_with_listener", at=("0.0.0.0", 45678), owner=host, severity=Severity.INFO)
    host.sysctl(ipv4__ip_local_reserved_ports="45678")
    assert "ports.clash_with_listener" not in host.diagnosed(0.1).codes()


def test_no_descriptors_left(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)); l = listen(80, 16)")
    server.do("import os\nspare = []\ntry:\n    while True: spare.append(os.dup(0))\nexcept OSError:\n    pass")
    client.do(f"k = [dial({SERVER!r}) for _ in range(3)]")
    server.diagnosed(0.5).only("app.fd_limit", at=("0.0.0.0", 80), owner=server, severity=Severity.CRITICAL)


def test_blind_syns(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    server.do("l = listen(80, 64)")
    client.do(f"k = [dial({SERVER!r}) for _ in range(6)]; [one.send(b'abc') for one in k]")
    server.do("kept = [l.accept()[0] for _ in range(6)]; [one.recv(9) for one in kept]")
    last = {seen.source_port: seen for seen in wire.seen if seen.to == TO_SERVER and seen.is_tcp}

    def guess() -> None:
        for seen in last.values():
            wire.inject(TO_SERVER, build(CLIENT, SERVER, seen.source_port, 80, "S", seen.seq + 1000))

    server.diagnosed(0.5, guess).only("attack.blind_syn")


def test_blind_resets(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    server.do("l = listen(80, 64)")
    client.do(f"k = [dial({SERVER!r}) for _ in range(6)]; [one.send(b'abc') for one in k]")
    server.do("kept = [l.accept()[0] for _ in range(6)]; [one.recv(9) for one in kept]")
    last = {seen.source_port: seen for seen in wire.seen if seen.to == TO_SERVER and seen.is_tcp}

    def guess() -> None:
        for seen in last.values():
            wire.inject(TO_SERVER, build(CLIENT, SERVER, seen.source_port, 80, "R", seen.seq + 200))

    server.diagnosed(0.5, guess).only("attack.blind_rst")
