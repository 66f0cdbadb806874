"""Windows, queues, waits, and programs that treat TCP badly, made for real."""

from __future__ import annotations

import time

from estab.diagnose.finding import Severity
from tests.provoke.laboratory import SERVER, Host, Laboratory
from tests.provoke.test_open import CUBIC, pairs, talk, transfer
from tests.provoke.wire import TO_CLIENT, Delivery, Seen, rebuilt


def test_the_other_side_does_not_read(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server)
    client.do("fill(made[0], 1.0)")
    client.diagnosed(1.2).only("flow.zero_window", at=(SERVER, 80), owner=client)


def test_this_side_does_not_read(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server)
    client.do("fill(made[0], 1.0)")
    finding = server.diagnosed(1.2).only("flow.zero_window", at=(SERVER, 80), owner=server)
    assert f"service (pid {server.pid})" in str(finding.title)


def test_data_waits_unread(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server)
    client.do("made[0].send(b'z' * 20_000)")
    server.diagnosed(1.0).only("flow.receive_backlog", at=(SERVER, 80), owner=server)


def test_a_few_unread_bytes_are_a_note(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server)
    client.do("made[0].send(b'goodbye')")
    seen = server.diagnosed(1.0)
    seen.only("flow.receive_backlog", at=(SERVER, 80), severity=Severity.INFO)


def test_receive_buffer_squeezed(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.sysctl(ipv4__tcp_rmem="4096 16384 16384")
    pairs(client, server, options="(6, 1, 1), (6, 2, 100)")  # TCP_MAXSEG: waiting data must not leave in larger segments either
    seen = server.diagnosed(1.6, lambda: client.do("fill(made[0], 1.3, b'z' * 100)"))
    seen.only("flow.rcvbuf_pruned", severity=Severity.INFO, also=("flow.zero_window", "flow.receive_backlog"))


def test_slow_reader(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 64, '0.0.0.0', (socket.SOL_SOCKET, socket.SO_RCVBUF, 16384))")
    client.do(f"made = [dial({SERVER!r})]")
    server.do("kept = [l.accept()[0]]")
    server.begin("soak(kept, 3.0, .03, 4096)")
    client.begin("fill(made[0], 2.8)")
    seen = client.diagnosed(1.5)
    client.finish()
    server.finish()
    seen.only("flow.receiver_limited", at=(SERVER, 80), owner=client)


def test_small_send_buffer(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    wire.policy = lambda seen: [(0.01, seen.raw)]
    pairs(client, server, options="(socket.SOL_SOCKET, socket.SO_SNDBUF, 4608)")
    server.begin("soak(kept, 2.5, .001)")
    client.begin("made[0].setblocking(True); end = time.monotonic() + 2\nwhile time.monotonic() < end: made[0].send(b'd' * 65536)")
    seen = client.diagnosed(1.2)
    client.finish()
    server.finish()
    seen.only("flow.bdp_limited", at=(SERVER, 80), owner=client, severity=Severity.INFO)


def test_bufferbloat(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    free_at = [0.0]

    def narrow(seen: Seen) -> Delivery:
        if seen.to == TO_CLIENT:
            return [(0.002, seen.raw)]
        now = time.monotonic()
        free_at[0] = max(free_at[0], now) + len(seen.raw) / 1_000_000
        return [(free_at[0] - now + 0.002, seen.raw)]

    wire.policy = narrow
    pairs(client, server, options=CUBIC)
    server.begin("soak(kept, 4.5, .001)")
    client.begin("fill(made[0], 4.0)")
    time.sleep(2.4)
    seen = client.diagnosed(1.2)
    client.finish()
    server.finish()
    seen.only("latency.bufferbloat", at=SERVER, owner=client)


def test_slow_start_after_idle(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    wire.policy = lambda seen: [(0.01, seen.raw)]
    pairs(client, server, options=CUBIC)
    transfer(client, server, 4_000_000)
    seen = client.diagnosed(2.0, lambda: client.do("time.sleep(1.6); made[0].send(b'x')"))
    seen.only("latency.slow_start_after_idle", at=(SERVER, 80), owner=client, severity=Severity.INFO)


ASK = "def ask(count, pause=0.0):\n    for _ in range(count):\n        made[0].send(b'h' * 10); made[0].send(b'b' * 10); made[0].recv(5)\n"


def test_nagle_against_delayed_ack(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80)")
    client.do(f"made = [dial({SERVER!r})]\n{ASK}")
    server.begin("serve(l, 2.6, b'r' * 5, 20)")
    client.begin("ask(45)")
    seen = server.diagnosed(1.5)
    finding = seen.only("latency.nagle_delayed_ack", at=(SERVER, 80), owner=server)
    assert "this host delays" in str(finding.cause)
    client.finish()
    server.finish()


def test_nagle_seen_by_the_writer(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80)")
    client.do(f"made = [dial({SERVER!r})]\n{ASK}")
    server.begin("serve(l, 2.6, b'r' * 5, 20)")
    client.begin("ask(45)")
    client.diagnosed(1.5).only("latency.nagle_delayed_ack", at=(SERVER, 80), owner=client)
    client.finish()
    server.finish()


def test_a_slow_program_is_not_nagle(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80)")
    client.do(f"made = [dial({SERVER!r})]\ndef ask(count):\n    for _ in range(count):\n        made[0].send(b'h' * 20); made[0].recv(5)\n")
    server.begin("serve(l, 2.6, b'r' * 5, 20, .05)")
    client.begin("ask(36)")
    seen = server.diagnosed(1.5)
    seen.quiet()
    assert "latency.nagle_delayed_ack" not in seen.codes()
    client.finish()
    server.finish()


def test_no_answer(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 2)
    talk(client, server)
    time.sleep(0.05)
    client.do("[one.send(b'again') for one in made]")
    server.do("[one.recv(9) for one in kept]")
    time.sleep(2.6)
    client.diagnosed(0.8).only("latency.no_response", at=(SERVER, 80), owner=client, severity=Severity.INFO)


def test_options_stripped(lab: Laboratory) -> None:
    client, server, wire = lab.wired()

    def strip(seen: Seen) -> Delivery:
        if "S" not in seen.flags:
            return [(0.02, seen.raw)]
        kept, place = b"", 0
        while place < len(seen.options) and seen.options[place]:
            size = 1 if seen.options[place] == 1 else seen.options[place + 1]
            if seen.options[place] not in {1, 3, 4}:
                kept += seen.options[place : place + size]
            place += size
        return [(0.02, rebuilt(seen, options=kept))]

    wire.policy = strip
    pairs(client, server)
    server.begin("soak(kept, 3.5, .001)")
    client.begin("fill(made[0], 3.0)")
    time.sleep(1.0)
    seen = client.diagnosed(1.5)
    client.finish()
    server.finish()
    seen.only("middlebox.options_stripped", at=SERVER, owner=client)


def test_ecn_marks(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    client.sysctl(ipv4__tcp_ecn=1)
    server.sysctl(ipv4__tcp_ecn=1)
    pairs(client, server)
    count = [0]

    def mark(seen: Seen) -> Delivery:
        count[0] += bool(seen.data)
        if seen.data and count[0] % 10 == 0 and seen.raw[1] & 3:
            from tests.provoke.wire import checksum

            raw = seen.raw[:1] + bytes([seen.raw[1] | 3]) + seen.raw[2:10] + b"\0\0" + seen.raw[12:]
            return [(0.0, raw[:10] + checksum(raw[:20]).to_bytes(2, "big") + raw[12:])]
        return None

    wire.policy = mark
    seen = client.diagnosed(0.5, lambda: transfer(client, server, 600_000))
    seen.only("congestion.ecn_marks", severity=Severity.INFO)


def test_syns_with_ecn_vanish(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    client.sysctl(ipv4__tcp_ecn=1)
    wire.policy = lambda seen: [] if "S" in seen.flags and "E" in seen.flags else None
    server.do("l = listen(80)")
    dial = f"k = [dial({SERVER!r}, 80, wait=False) for _ in range(2)]; time.sleep(1.3)"
    client.diagnosed(1.6, lambda: client.do(dial)).only("path.ecn_black_hole", at=(SERVER, 80), owner=client)


def test_syns_with_data_vanish(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    client.sysctl(ipv4__tcp_fastopen=3)
    server.sysctl(ipv4__tcp_fastopen=3)
    server.do("l = listen(80, 64, '0.0.0.0', (6, 23, 16))")
    first = "def fast():\n    k = socket.socket(); k.sendto(b'hello', 0x20000000, ('10.9.2.2', 80)); return k\n"
    client.do(first + "k0 = fast()")
    time.sleep(0.3)
    wire.policy = lambda seen: [] if "S" in seen.flags and seen.data else None
    server.begin("kept = [l.accept()[0] for _ in range(3)]; time.sleep(.2); [one.recv(9) for one in kept]")
    seen = client.diagnosed(2.4, lambda: client.do("k1 = [fast() for _ in range(2)]"))
    server.finish()
    seen.only("path.tfo_black_hole")
    assert "loss.retransmission" not in seen.codes(), seen.told()


def test_keys_differ(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do(
        "key = b'right'; address = struct.pack('HH4s120x', 2, 0, socket.inet_aton('10.9.1.2'))\n"
        "l = listen(179); l.setsockopt(6, 14, (address + struct.pack('BBHI80s', 0, 0, len(key), 0, key))[:216])"
    )
    seen = server.diagnosed(1.3, lambda: client.do(f"k = dial({SERVER!r}, 179, wait=False)"))
    finding = seen.only("security.md5_mismatch")
    assert "does not sign" in str(finding.cause)


def test_too_many_hops(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server)
    server.do("kept[0].setsockopt(0, 21, 255)")
    seen = server.diagnosed(1.0, lambda: client.do("made[0].send(b'x')"))
    seen.only("security.min_ttl_drop", at=(SERVER, 80), owner=server)


def test_filter_on_a_socket(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server)
    program = "import ctypes; code = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0))"
    server.do(f"{program}; kept[0].setsockopt(1, 26, struct.pack('HxxxxxxP', 1, ctypes.addressof(code)))")
    seen = server.diagnosed(1.6, lambda: client.do("made[0].send(b'x')"))
    seen.only("security.socket_filter_drop", at=(SERVER, 80), owner=server)


def test_closed_with_data_unread(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 4)
    client.do("[one.send(b'request body') for one in made]")
    time.sleep(0.2)
    seen = server.diagnosed(0.5, lambda: server.do("[one.close() for one in kept]"))
    assert seen.only("rst.unread_data", at=(SERVER, 80), owner=server).count == 4


def test_aborted(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 4)
    seen = server.diagnosed(0.5, lambda: server.do("[linger0(one) for one in kept]"))
    assert seen.only("rst.abort", owner=server).count == 4


def test_written_after_the_peer_closed(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 4)
    server.do("[one.close() for one in kept]")
    time.sleep(0.1)
    seen = client.diagnosed(0.6, lambda: client.do("[one.send(b'x') for one in made]"))
    assert seen.only("rst.data_after_close", at=(SERVER, 80), owner=client).count == 4


def test_data_for_closed_sockets(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 4)
    server.do("[one.close() for one in kept]")
    time.sleep(0.1)
    seen = server.diagnosed(0.6, lambda: client.do("[one.send(b'x') for one in made]"))
    seen.only("rst.data_after_close", at=(SERVER, 80))


def test_race_for_a_pooled_connection(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 4)
    talk(client, server)
    time.sleep(1.1)
    wire.policy = lambda seen: [(0.05, seen.raw)]

    def race() -> None:
        client.begin("[one.send(b'GET') for one in made]")
        server.do("[one.close() for one in kept]")
        client.finish()

    seen = server.diagnosed(0.6, race)
    seen.only("app.pool_keepalive_race", at=(SERVER, 80), owner=server)


def test_killed_from_outside(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, 3)
    seen = client.diagnosed(0.4, lambda: client.run("ss", "-K", "dport", "=", ":80"))
    seen.only("rst.administrative", severity=Severity.INFO)


def test_an_ordinary_listener_is_quiet(lab: Laboratory) -> None:
    host = lab.host("shop")
    host.do("l = listen(4444)")
    seen = host.diagnosed(0.3)
    seen.quiet()
    assert seen.codes() <= {"ports.clash_with_listener"}


def test_many_short_connections(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    client.sysctl(ipv4__tcp_tw_reuse=0, ipv4__ip_local_port_range="30000 34999")
    server.do("l = listen(80, 128)")
    one = f"k = dial({SERVER!r}); k.send(b'x'); k.recv(300); k.close(); time.sleep(.005)"
    churn = f"end = time.monotonic() + 1.5\nwhile time.monotonic() < end:\n    {one}"

    def talk() -> None:
        server.begin("serve(l, 2.0)")
        client.do(churn)
        server.finish()

    client.diagnosed_at_pace("app.connection_churn", 1.6, talk).only("app.connection_churn", at=(SERVER, 80))


def test_small_segments(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    pairs(client, server, options="(6, 1, 1)")
    chatter = "[(made[0].send(b'tick'), time.sleep(.0003)) for _ in range(1200)]; 1"

    def talk() -> None:
        server.begin("soak(kept, 1.5, .0005)")
        client.do(chatter)
        server.finish()

    seen = client.diagnosed_at_pace("app.small_packets", 1.0, talk)
    seen.only("app.small_packets", at=(SERVER, 80), owner=client, severity=Severity.INFO)


def herd(client: Host, count: int) -> None:
    client.do(f"herd = [dial({SERVER!r}, 80, wait=False) for _ in range({count})]")


def test_all_clients_come_back_at_once(lab: Laboratory) -> None:
    client, server, wire = lab.wired()
    pairs(client, server, 60)

    def restart() -> None:
        server.do("l.close(); [linger0(one) for one in kept]; l = listen(80, 30)")
        time.sleep(0.1)
        wire.policy = lambda seen: [(0.05, seen.raw)]
        herd(client, 120)
        time.sleep(0.3)
        server.do("l.setblocking(False)\nkept = []\ntry:\n    while True: kept.append(l.accept()[0])\nexcept OSError: pass")
        time.sleep(1.2)
        server.do("try:\n    while True: kept.append(l.accept()[0])\nexcept OSError: pass")

    seen = server.diagnosed(0.5, restart)
    allowed = ("handshake.accept_queue_overflow", "rst.abort", "handshake.syn_queue_full")
    seen.only("app.thundering_reconnect", at=(SERVER, 80), also=allowed)


def test_a_setting_that_hurts(lab: Laboratory) -> None:
    host = lab.host("shop")
    host.sysctl(ipv4__tcp_retries2=3, ipv4__tcp_timestamps=0)
    seen = host.diagnosed(0.2)
    seen.only("audit.sysctl", severity=Severity.INFO)
    names = {finding.subject.name for finding in seen.diagnosis.findings}
    assert names == {"net.ipv4.tcp_retries2", "net.ipv4.tcp_timestamps"}


def test_time_wait_and_reuse(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    client.sysctl(ipv4__tcp_tw_reuse=0, ipv4__ip_local_port_range="30000 30999")
    server.do("l = listen(80, 128)")
    server.begin("serve(l, 3.0)")
    client.do(f"for _ in range(120):\n    k = dial({SERVER!r}); k.send(b'x'); k.recv(300); k.close()")
    server.finish()
    client.diagnosed(0.3).only("audit.tw_reuse", severity=Severity.INFO)


def test_a_busy_healthy_server_is_quiet(lab: Laboratory) -> None:
    """Many keep-alive connections in use at once, of which some are closed and opened in order."""
    client, server, _ = lab.wired()
    server.do("l = listen(80, 512)")
    server.begin("serve(l, 6.0)")
    client.do("import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))")
    client.do(f"made = [dial({SERVER!r}) for _ in range(500)]")
    load = """end = time.monotonic() + 2.5
n = 0
while time.monotonic() < end:
    for one in made[n % 50::50]:
        one.send(b'q' * 300)
    for one in made[n % 50::50]:
        one.recv(300)
    n += 1
    if n % 20 == 0:
        made.pop().close(); made.append(dial('10.9.2.2'))
"""
    client.begin(load)
    seen = server.diagnosed(2.0)
    client.finish()
    seen.quiet()
    client.begin(load)
    client.diagnosed(2.0).quiet()
    client.finish()
    server.finish()


def test_unused(lab: Laboratory) -> None:
    """A namespace in which nothing happens."""
    seen = lab.host("idle").diagnosed(0.3)
    seen.quiet()
    assert seen.codes() == set()
