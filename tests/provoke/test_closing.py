"""Connections that do not end as they should, made for real."""

from __future__ import annotations

import time

from estab.diagnose.finding import Severity
from tests.provoke.laboratory import CLIENT, SERVER, Host, Laboratory
from tests.provoke.wire import TO_CLIENT, TO_SERVER, Delivery, Seen, build, nothing


def pairs(client: Host, server: Host, count: int, port: int = 80) -> None:
    """So many connections, `made` at the client and `kept` at the server."""
    server.do(f"l = listen({port}, 64)")
    client.do(f"made = [dial({server.address!r}, {port}) for _ in range({count})]")
    server.do(f"kept = [l.accept()[0] for _ in range({count})]")


def test_close_wait_leak(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 6)
    client.do("[one.close() for one in made]")
    seen = server.diagnosed()
    finding = seen.only("close.close_wait_leak", at=(SERVER, 80), owner=server, severity=Severity.CRITICAL)
    assert finding.count == 6
    client.diagnosed().quiet()


def test_close_wait_of_an_ordinary_close_is_quiet(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 6)
    seen = server.diagnosed(
        during=lambda: (client.do("[one.close() for one in made]; time.sleep(.2)"), server.do("[one.close() for one in kept]"))
    )
    seen.quiet()


def test_fin_wait2_held_by_a_process(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 12)
    client.do("[one.shutdown(socket.SHUT_WR) for one in made]")
    finding = client.diagnosed().only("close.fin_wait2_stuck", at=(SERVER, 80), owner=client)
    assert finding.count == 12
    assert not any(remedy.set for remedy in finding.remedy)  # no setting ends what a process holds


def test_fin_wait2_of_closed_sockets_is_told_apart_from_time_wait(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 60)
    client.do("[one.close() for one in made]")
    seen = client.diagnosed()
    seen.only("close.fin_wait2_stuck", at=(SERVER, 80))
    assert seen.facts.reading("Sockstat.TCP.tw") == 60  # the trap: the kernel counts them as TIME-WAIT
    assert "timewait.pileup" not in seen.codes()


def test_fin_wait1_to_a_dead_peer(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 4)
    wire.policy = nothing
    client.do("[one.close() for one in made]")
    client.diagnosed(1.5).only("close.fin_wait1_pile", at=SERVER)


def test_fin_wait1_to_a_peer_that_does_not_read(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 64, '0.0.0.0', (socket.SOL_SOCKET, socket.SO_RCVBUF, 4608))")
    client.do(f"made = [dial({SERVER!r}) for _ in range(4)]")
    server.do("kept = [l.accept()[0] for _ in range(4)]")
    client.do("[fill(one, 0.4) for one in made]; [one.close() for one in made]")
    finding = client.diagnosed(1.2).only("close.fin_wait1_pile", at=SERVER)
    assert "does not read" in str(finding.cause)


def test_last_ack(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 4)
    client.do("[one.close() for one in made]")
    time.sleep(0.1)
    wire.policy = nothing
    server.do("[one.close() for one in kept]")
    server.diagnosed(1.2).only("close.last_ack_pile", at=CLIENT)


def test_closing(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 4)

    passed: set[tuple[str, int, int]] = set()

    def first_fins_only(seen: Seen) -> Delivery:
        name = seen.to, seen.source_port, seen.target_port
        if "F" not in seen.flags or name in passed:
            return []  # a repeated FIN would acknowledge the other one
        passed.add(name)
        return [(0.3, seen.raw)]

    wire.policy = first_fins_only
    client.begin("[one.close() for one in made]")
    server.begin("[one.close() for one in kept]")
    client.finish()
    server.finish()
    time.sleep(0.5)
    client.diagnosed(1.2).only("close.closing_pile", at=SERVER)


def test_time_wait_is_a_note(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 60)
    client.do(f"more = [dial({SERVER!r}) for _ in range(60)]")
    server.do("kept += [l.accept()[0] for _ in range(60)]")
    server.do("[one.close() for one in kept]")
    client.do("time.sleep(.1); [one.close() for one in made + more]")
    seen = server.diagnosed(0.5)
    finding = seen.only("timewait.pileup", at=(SERVER, 80), severity=Severity.INFO)
    assert finding.count == 120


def test_time_wait_without_room(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    client.sysctl(ipv4__tcp_max_tw_buckets=5)
    pairs(client, server, 12)
    close = "[(one.close(), time.sleep(.01)) for one in made]"
    seen = client.diagnosed(0.6, lambda: (client.do(close), server.do("[one.close() for one in kept]")))
    finding = seen.only("timewait.bucket_overflow", severity=Severity.CRITICAL)
    assert finding.count == 7


def test_time_wait_ended_by_a_reset(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 4)
    client.do("[one.close() for one in made]")
    server.do("time.sleep(.05); [one.close() for one in kept]")
    time.sleep(0.1)
    fins = [seen for seen in wire.seen if seen.to == TO_CLIENT and "F" in seen.flags]

    def kill() -> None:
        for fin in fins:
            wire.inject(TO_CLIENT, build(SERVER, CLIENT, 80, fin.target_port, "R", fin.seq + 1))

    seen = client.diagnosed(0.6, kill)
    seen.only("timewait.assassination", at=(SERVER, 80))
    client.sysctl(ipv4__tcp_rfc1337=1)


def test_segments_with_old_timestamps_meet_time_wait(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 3)
    server.do("[one.close() for one in kept]")
    client.do("time.sleep(.05); [one.close() for one in made]")
    time.sleep(0.1)
    fins = [seen for seen in wire.seen if seen.to == TO_SERVER and "F" in seen.flags]

    def old_syns() -> None:
        for fin in fins:
            value = (fin.timestamps() or (0, 0))[0] - 100_000
            options = b"\x02\x04\x05\xb4\x01\x01\x08\x0a" + (value & 0xFFFFFFFF).to_bytes(4, "big") + bytes(4)
            wire.inject(TO_SERVER, build(CLIENT, SERVER, fin.source_port, 80, "S", fin.seq - 5000, options=options))

    server.diagnosed(0.6, old_syns).only("timewait.syn_collision")


def test_stale_tuple(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    server.do("l = listen(80)")
    client.do(f"old = dial({SERVER!r}, 80, bind=({CLIENT!r}, 50123))")
    server.do("kept = l.accept()[0]")
    wire.policy = lambda seen: [] if seen.to == TO_SERVER and "R" in seen.flags else None
    client.do("linger0(old)")
    time.sleep(0.1)
    wire.policy = None
    again = f"new = dial({SERVER!r}, 80, bind=({CLIENT!r}, 50123))"
    seen = server.diagnosed(1.0, lambda: client.do(again))
    seen.only("timewait.stale_tuple", at=(SERVER, 80))


def test_many_ports_are_taken(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    client.sysctl(ipv4__ip_local_port_range="40000 40019", ipv4__tcp_tw_reuse=0)
    server.do("l = listen(80, 64)")
    one = f"k = dial({SERVER!r}); time.sleep(.01); k.close()"
    server.begin("[l.accept()[0].recv(1) for _ in range(18)]; kept = []")
    client.do("kept = []")
    for _ in range(18):
        client.do(one)
    server.finish()
    seen = client.diagnosed(0.5)
    finding = seen.only("ports.exhausted", at=(SERVER, 80))
    assert "of 20 source ports" in str(finding.summary) and finding.severity is Severity.WARNING


def test_all_ports_are_taken(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    client.sysctl(ipv4__ip_local_port_range="40000 40019")
    pairs(client, server, 20)
    finding = client.diagnosed(0.5).only("ports.exhausted", at=(SERVER, 80), owner=client, severity=Severity.CRITICAL)
    assert finding.count == 20
    assert not any("net.ipv4.tcp_tw_reuse" in remedy.set for remedy in finding.remedy)  # none of them is in TIME-WAIT
    assert client.do(f"attempt({SERVER!r}, 80)") == 99  # EADDRNOTAVAIL


# --- both ends on one host: each counter counts for both ----------------------------------------------------------------------------------


def at_home(lab: Laboratory, count: int = 12) -> Host:
    """A host with so many connections to itself."""
    host = lab.host("home")
    pairs(host, host, count)
    return host


def test_aborts_on_loopback_are_counted_once(lab: Laboratory) -> None:
    host = at_home(lab)
    seen = host.diagnosed(0.6, lambda: host.do("[linger0(one) for one in kept]"))
    assert seen.only("rst.abort").count == 12


def test_unread_data_on_loopback_is_no_abort(lab: Laboratory) -> None:
    host = at_home(lab)
    host.do("[one.send(b'request') for one in made]")
    seen = host.diagnosed(0.6, lambda: host.do("[one.close() for one in kept]"))
    assert seen.only("rst.unread_data").count == 12


def test_data_behind_a_close_on_loopback_is_no_abort(lab: Laboratory) -> None:
    host = at_home(lab)
    host.do("[one.close() for one in kept]; time.sleep(.1)")
    seen = host.diagnosed(0.6, lambda: host.do("[one.send(b'x') for one in made]"))
    assert seen.only("rst.data_after_close").count == 12


def test_a_load_maker_that_stops_on_loopback(lab: Laboratory) -> None:
    """It closes with answers unread on some connections, and before the answers come on others."""
    host = at_home(lab)
    host.do("[one.send(b'answer') for one in kept[:7]]; time.sleep(.1)")
    seen = host.diagnosed(0.6, lambda: host.do("[one.close() for one in made]; time.sleep(.1); [one.send(b'x') for one in kept[7:]]"))
    assert seen.only("rst.unread_data", also=("rst.data_after_close",)).count == 7
    assert not seen.codes() & {"rst.abort", "rst.administrative"}, seen.told()


def test_sockets_destroyed_on_loopback_are_no_aborts(lab: Laboratory) -> None:
    host = at_home(lab)
    seen = host.diagnosed(0.6, lambda: host.run("ss", "-K", "state", "established", "sport", "=", ":80"))
    finding = seen.only("rst.administrative", severity=Severity.INFO)
    assert finding.count == 12 and "rst.abort" not in seen.codes(), seen.told()
