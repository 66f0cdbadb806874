"""Counters of the kernel by name: `Tcp.ActiveOpens`, `TcpExt.ListenOverflows`, `Sockstat.TCP.tw`, …

Which of them count for a network namespace and which for the whole host stands at `snapshot.HOST_WIDE`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from estab.live.proc import read_net, read_proc
from estab.live.unseen import reason_of
from estab.text import Text

_SNMP6 = re.compile(r"(Ip6|Icmp6|Udp6|UdpLite6)(\w+)\s+(\d+)$")
_SOFTNET = {"processed": 0, "dropped": 1, "squeezed": 2, "flow_limited": 10}
"""Columns of /proc/net/softnet_stat (net/core/net-procfs.c), one line a CPU, in hexadecimal."""


def parse_pairs(text: str) -> dict[str, int]:
    r"""/proc/net/snmp and netstat: a line of names, then a line of values, both with the group in front.

    >>> parse_pairs("Tcp: ActiveOpens MaxConn\nTcp: 7 -1\n")
    {'Tcp.ActiveOpens': 7, 'Tcp.MaxConn': -1}
    """
    found: dict[str, int] = {}
    names: list[str] = []
    for line in text.splitlines():
        group, _, rest = line.partition(":")
        words = rest.split()
        if words and (words[0].isdigit() or words[0].startswith("-")):
            found |= {name: int(value) for name, value in zip(names, words, strict=False)}
        else:
            names = [f"{group}.{word}" for word in words]
    return found


def parse_snmp6(text: str) -> dict[str, int]:
    r"""/proc/net/snmp6: one name and value a line.

    >>> parse_snmp6("Ip6InReceives   \t12\nIcmp6InPktTooBigs 1")
    {'Ip6.InReceives': 12, 'Icmp6.InPktTooBigs': 1}
    """
    matches = (_SNMP6.match(line) for line in text.splitlines())
    return {f"{match[1]}.{match[2]}": int(match[3]) for match in matches if match}


def parse_sockstat(text: str, prefix: str) -> dict[str, int]:
    r"""/proc/net/sockstat and sockstat6.

    >>> parse_sockstat("TCP: inuse 5 orphan 0\n", "Sockstat")
    {'Sockstat.TCP.inuse': 5, 'Sockstat.TCP.orphan': 0}
    """
    found: dict[str, int] = {}
    for line in text.splitlines():
        group, _, rest = line.partition(":")
        words = rest.split()
        found |= {f"{prefix}.{group}.{name}": int(value) for name, value in zip(words[::2], words[1::2], strict=False)}
    return found


def parse_softnet(text: str) -> dict[str, int]:
    """/proc/net/softnet_stat, all CPUs added."""
    lines = [[int(word, 16) for word in line.split()] for line in text.splitlines()]
    return {f"Softnet.{name}": sum(line[place] for line in lines if len(line) > place) for name, place in _SOFTNET.items()}


def parse_per_cpu(text: str, prefix: str) -> dict[str, int]:
    r"""Files of /proc/net/stat: names, then one line for each CPU in hexadecimal, to be added; `entries` is one number for all.

    >>> parse_per_cpu("entries drop\n0000000a 00000001\n0000000a 00000002\n", "X")
    {'X.entries': 10, 'X.drop': 3}
    """
    head, *lines = text.splitlines() or [""]
    names = head.split()
    values = [[int(word, 16) for word in line.split()] for line in lines]
    return {
        f"{prefix}.{name}": (max if name == "entries" else sum)([line[place] for line in values if len(line) > place] or [0])
        for place, name in enumerate(names)
    }


def parse_file_nr(text: str) -> dict[str, int]:
    """/proc/sys/fs/file-nr: open file handles of the host, and the largest number of them."""
    allocated, _, most = (int(word) for word in text.split())
    return {"File.allocated": allocated, "File.max": most}


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    read: Callable[[], str]
    parse: Callable[[str], dict[str, int]]
    may_lack: bool = False
    """Not there on many hosts and in many namespaces; nothing is missing then."""


def _net(name: str, parse: Callable[[str], dict[str, int]], *, may_lack: bool = False) -> _Source:
    return _Source(name, lambda: read_net(name), parse, may_lack)


SOURCES = (
    _net("snmp", parse_pairs),
    _net("netstat", parse_pairs),
    _net("snmp6", parse_snmp6, may_lack=True),
    _net("sockstat", lambda text: parse_sockstat(text, "Sockstat")),
    _net("sockstat6", lambda text: parse_sockstat(text, "Sockstat6"), may_lack=True),
    _net("softnet_stat", parse_softnet),
    _net("stat/nf_conntrack", lambda text: parse_per_cpu(text, "ConntrackStat"), may_lack=True),
    _net("stat/arp_cache", lambda text: parse_per_cpu(text, "ArpCache"), may_lack=True),
    _net("stat/ndisc_cache", lambda text: parse_per_cpu(text, "NdiscCache"), may_lack=True),
    _Source(
        "nf_conntrack_count",
        lambda: read_proc("sys/net/netfilter/nf_conntrack_count"),
        lambda text: {"Conntrack.count": int(text)},
        may_lack=True,
    ),
    _Source("file-nr", lambda: read_proc("sys/fs/file-nr"), parse_file_nr),
)


def read_counters() -> tuple[dict[str, int], Mapping[str, Text]]:
    """All counters of the calling thread's namespace and of the host; and what could not be read, with the reason."""
    found: dict[str, int] = {}
    unseen: dict[str, Text] = {}
    for source in SOURCES:
        try:
            found |= source.parse(source.read())
        except FileNotFoundError as problem:
            if not source.may_lack:
                unseen[f"counters.{source.name}"] = reason_of(problem)
        except (OSError, ValueError) as problem:
            unseen[f"counters.{source.name}"] = reason_of(problem)
    return found, unseen
