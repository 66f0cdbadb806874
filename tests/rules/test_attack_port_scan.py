from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import attack_port_scan
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def refuse(capture: Capture, server: str, client: str = "10.0.0.9") -> None:
    capture.talk(client=client, server=server).client("S").server("RA", seq=0)


def test_fires_once_for_a_scanned_host_with_what_was_open(capture: Capture) -> None:
    for port in range(20, 40):
        refuse(capture, f"10.0.0.2:{port}")
    capture.talk(client="10.0.0.9", server="10.0.0.2:80").client("S").server("SA").client("R")
    for port in range(81, 85):
        refuse(capture, f"10.0.0.2:{port}")
    (finding,) = attack_port_scan.check(capture.facts())
    assert (finding.count, finding.severity, str(finding.subject)) == (25, Severity.WARNING, "10.0.0.9")
    assert "25 ports of 10.0.0.2 (from 20 to 84)" in str(finding.summary)
    assert "left by RST" in str(finding.evidence[-1].text)


def test_silent_ports_count_as_well(capture: Capture) -> None:
    for port in range(20, 40):
        capture.talk(client="10.0.0.9", server=f"10.0.0.2:{port}").client("S")
    (finding,) = attack_port_scan.check(capture.facts())
    assert "20 not answered" in str(finding.evidence[1].text)


def test_one_port_on_many_hosts(capture: Capture) -> None:
    for number in range(1, 61):
        capture.talk(client="10.0.0.9", server=f"10.0.5.{number}:445").client("S")
    (finding,) = attack_port_scan.check(capture.facts())
    assert finding.severity is Severity.WARNING and "port 445 on 60 hosts" in str(finding.summary)


def test_a_pool_of_dead_hosts_is_only_a_note(capture: Capture) -> None:
    for number in range(1, 26):
        capture.talk(client="10.0.0.9", server=f"10.0.5.{number}:9092").client("S")
    (finding,) = attack_port_scan.check(capture.facts())
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(("flags", "kind"), [("F", "FIN"), ("", "NULL"), ("FPU", "XMAS"), ("A", "ACK"), ("FA", "FIN,ACK")])
def test_probes_without_a_syn(capture: Capture, flags: str, kind: str) -> None:
    for port in range(20, 40):
        talk = capture.talk(client="10.0.0.9:40001", server=f"10.0.0.2:{port}").client(flags)
        if port != 22:
            talk.server("R" if flags.endswith("A") else "RA", seq=0)
    (finding,) = attack_port_scan.check(capture.facts())
    assert (finding.count, finding.severity, str(finding.subject)) == (20, Severity.WARNING, "10.0.0.9")
    assert "20 ports of 10.0.0.2 (from 20 to 39)" in str(finding.summary)
    assert f"kind {kind}" in str(finding.evidence[0].text)
    assert "19 were answered by RST, 1 not at all" in str(finding.evidence[1].text)


def quiet_many_services_of_a_restarted_host(capture: Capture) -> None:
    for port in range(20, 40):  # a last ACK on each of its connections, which nobody knows any more
        capture.talk(client="10.0.0.9", server=f"10.0.0.2:{port}").client("A").server("R", seq=0)


def quiet_data_after_a_restart(capture: Capture) -> None:
    for port in range(20, 40):
        capture.talk(client="10.0.0.9:40001", server=f"10.0.0.2:{port}").client("PA", data=10).server("R", seq=0)


def quiet_connections_that_close_in_the_middle_of_a_capture(capture: Capture) -> None:
    for port in range(20, 40):
        capture.talk(client="10.0.0.9:40001", server=f"10.0.0.2:{port}").client("FA").server("FA").client("A")


def quiet_one_service_down(capture: Capture) -> None:
    for _ in range(50):
        refuse(capture, "10.0.0.2:80")


def quiet_few_ports(capture: Capture) -> None:
    for port in range(20, 26):
        refuse(capture, f"10.0.0.2:{port}")


def quiet_services_asked_again_and_again(capture: Capture) -> None:
    for _ in range(4):
        for port in range(9000, 9010):
            refuse(capture, f"10.0.0.2:{port}")


def quiet_many_ports_that_work(capture: Capture) -> None:
    """Passive FTP: a fresh port of the server for each file."""
    for port in range(30_000, 30_040):
        capture.talk(client="10.0.0.9", server=f"10.0.0.2:{port}").open().server("PA", data=500).close()


def quiet_some_of_many_fail(capture: Capture) -> None:
    quiet_many_ports_that_work(capture)
    for port in range(31_000, 31_016):
        refuse(capture, f"10.0.0.2:{port}")


def quiet_many_clients(capture: Capture) -> None:
    for number in range(30):
        refuse(capture, f"10.0.0.2:{8000 + number}", client=f"10.0.3.{number}")


@pytest.mark.parametrize(
    "scene",
    [
        quiet_one_service_down,
        quiet_few_ports,
        quiet_services_asked_again_and_again,
        quiet_many_ports_that_work,
        quiet_some_of_many_fail,
        quiet_many_clients,
        quiet_many_services_of_a_restarted_host,
        quiet_data_after_a_restart,
        quiet_connections_that_close_in_the_middle_of_a_capture,
    ],
)
def test_quiet(capture: Capture, scene: Callable[[Capture], None]) -> None:
    scene(capture)
    assert list(attack_port_scan.check(capture.facts())) == []


@pytest.mark.parametrize("point", ["client", "server"])
def test_fires_over_real_kernels(laboratory: Laboratory, point: str) -> None:
    (finding,) = attack_port_scan.check(laboratory(f"port_scan.{point}.pcap"))
    assert (finding.count, finding.severity) == (19, Severity.WARNING)


@pytest.mark.parametrize("name", ["refused.client.pcap", "mixed_30.client.pcap", "syn_flood_no_cookies.server.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(attack_port_scan.check(laboratory(name))) == []


def test_a_fin_scan_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = attack_port_scan.check(laboratory("port_scan_fin.server.pcap"))
    assert (finding.count, finding.severity) == (79, Severity.WARNING)
    assert "78 were answered by RST, 1 not at all" in str(finding.evidence[1].text)
