"""Counters by name, from the files as kernels write them."""

from __future__ import annotations

import pytest

from estab.live import counters
from estab.live.counters import parse_file_nr, parse_pairs, parse_per_cpu, parse_sockstat, parse_softnet, read_counters

NETSTAT = """TcpExt: SyncookiesSent ListenOverflows
TcpExt: 3 4
IpExt: InNoRoutes InCEPkts
IpExt: 5 6
"""


def test_groups_of_names_and_values() -> None:
    assert parse_pairs(NETSTAT) == {"TcpExt.SyncookiesSent": 3, "TcpExt.ListenOverflows": 4, "IpExt.InNoRoutes": 5, "IpExt.InCEPkts": 6}


def test_a_group_that_has_fewer_values_than_names() -> None:
    assert parse_pairs("Tcp: A B\nTcp: 1\n") == {"Tcp.A": 1}


def test_sockets_in_use() -> None:
    text = "sockets: used 155\nTCP: inuse 8 orphan 1 tw 2 alloc 10 mem 3\n"
    found = parse_sockstat(text, "Sockstat")
    assert found["Sockstat.TCP.tw"] == 2 and found["Sockstat.sockets.used"] == 155


def test_softnet_columns_are_hexadecimal_and_the_cpus_are_added() -> None:
    line = "0000000a 00000001 00000010 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000002 00000000 00000000\n"
    expected = {"Softnet.processed": 20, "Softnet.dropped": 2, "Softnet.squeezed": 32, "Softnet.flow_limited": 4}
    assert parse_softnet(line * 2) == expected


def test_an_old_kernel_has_fewer_columns_of_softnet() -> None:
    assert parse_softnet("0000000a 00000001 00000010\n")["Softnet.flow_limited"] == 0


def test_what_is_one_number_for_all_cpus_is_not_added() -> None:
    found = parse_per_cpu("entries  insert_failed\n00000010 00000001\n00000010 00000002\n", "ConntrackStat")
    assert found == {"ConntrackStat.entries": 16, "ConntrackStat.insert_failed": 3}


def test_file_handles() -> None:
    assert parse_file_nr("2080\t0\t9223372036854775807\n") == {"File.allocated": 2080, "File.max": 2**63 - 1}


def test_this_host_has_them() -> None:
    found, unseen = read_counters()
    assert {"Tcp.ActiveOpens", "TcpExt.ListenOverflows", "Sockstat.TCP.inuse", "File.max"} <= found.keys()
    assert not any(name.startswith("counters.snmp") for name in unseen)


def test_what_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> str:
        raise {"snmp": PermissionError(13, "no"), "netstat": FileNotFoundError(2, "no"), "snmp6": FileNotFoundError(2, "no")}.get(
            name, OSError(5, "Input/output error")
        )

    monkeypatch.setattr(counters, "read_net", refuse)
    _, unseen = read_counters()
    told = {name: str(reason) for name, reason in unseen.items()}
    assert told["counters.snmp"] == "not permitted"
    assert "does not have it" in told["counters.netstat"]
    assert told["counters.sockstat"] == "Input/output error"
    assert "counters.snmp6" not in told  # many hosts have no IPv6


def test_a_file_that_is_not_understood_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "read_net", lambda name: "TCP: inuse many\n" if name == "sockstat" else "")
    assert "not understood" in str(read_counters()[1]["counters.sockstat"])
