"""How a script is run: what its options and its family of addresses say.

A script that names no version of IP is run three times, as the field's suite does: over IPv4, over IPv4 with IPv6 sockets (mapped
addresses) and over IPv6.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from estab.drill.script import IcmpSpec, Option, PacketAction, Script
from estab.drill.source import ScriptError
from estab.instant import MICROSECOND_NS
from estab.text import msg


class Family(enum.Enum):
    """Addresses of sockets and of packets."""

    IPV4 = "ipv4"
    MAPPED = "ipv4-mapped-ipv6"
    """Sockets of IPv6, packets of IPv4."""
    IPV6 = "ipv6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What holds for one run.

    Packets may come earlier or later than written by `tolerance_ns`, or by `tolerance_percent` of the time since the event before.
    """

    family: Family
    local_ip: str
    remote_ip: str
    mtu_bytes: int
    bind_port: int = 8080
    connect_port: int = 8080
    tolerance_ns: int = 4000 * MICROSECOND_NS
    tolerance_percent: float = 12.5
    strict_segments: bool = False
    """Each outbound packet alone must be as written; else several in a row may make up one that is written as one."""
    ts_tick_us: int = 0
    """Duration of one tick of outbound timestamps; 0: their values are not checked."""
    ts_ecr_scaled: bool = False
    """Inbound TS ecr that repeats no TS val of before stands for the time between."""
    no_surprises: bool = False
    """estab's own: at the end no packet may have been sent that no event expects."""


_BASE = {
    Family.IPV4: Config(family=Family.IPV4, local_ip="192.168.0.1", remote_ip="192.0.2.1", mtu_bytes=1500),
    Family.MAPPED: Config(family=Family.MAPPED, local_ip="192.168.0.1", remote_ip="192.0.2.1", mtu_bytes=1500),
    Family.IPV6: Config(family=Family.IPV6, local_ip="fd3d:a0b:17d6::1", remote_ip="fd3d:fa7b:d17d::1", mtu_bytes=1520),
}
"""The addresses of the field's suite, whose Fast Open cookies are computed from them."""

_DEFINES = {
    Family.IPV4: {
        "TFO_COOKIE": "3021b9d889017eeb", "CODE": "host_unreachable", "CMSG_LEVEL_IP": "SOL_IP", "CMSG_TYPE_RECVERR": "IP_RECVERR",
    },
    Family.MAPPED: {
        "TFO_COOKIE": "3021b9d889017eeb", "CODE": "host_unreachable", "CMSG_LEVEL_IP": "SOL_IPV6", "CMSG_TYPE_RECVERR": "IPV6_RECVERR",
    },
    Family.IPV6: {
        "TFO_COOKIE": "c1d1e9742a47a9bc", "CODE": "address_unreachable", "CMSG_LEVEL_IP": "SOL_IPV6", "CMSG_TYPE_RECVERR": "IPV6_RECVERR",
    },
}  # fmt: skip

_WITHOUT_EFFECT = frozenset(
    {
        "define", "mss", "gateway_ip", "netmask_ip", "speed", "init_scripts", "code_command", "code_format", "code_sockopt", "non_fatal",
        "verbose", "debug", "dry_run", "send_omit_free",
    }
)  # fmt: skip
"""Options that say how packets reach a kernel, or how packetdrill runs; here they change nothing."""


def defines_of(family: Family) -> Mapping[str, str]:
    """Words to which a family gives a value."""
    return _DEFINES[family]


def families_of(script: Script) -> tuple[Family, ...]:
    """The families in which a script means something: what its options, its addresses, its name and its ICMP errors allow."""
    said = {option.name: option.value or "" for option in script.options}
    if "ip_version" in said:
        return tuple(family for family in Family if family.value == said["ip_version"])
    stem = script.path.rsplit("/", 1)[-1].removesuffix(".pkt")
    addresses = (said.get("local_ip", ""), said.get("remote_ip", ""))
    if stem.endswith("v6") or any(":" in address for address in addresses):
        return (Family.IPV6,)
    if stem.endswith("v4") or any("." in address for address in addresses):
        return (Family.IPV4, Family.MAPPED)
    bodies = [event.action.body for event in script.events if isinstance(event.action, PacketAction)]
    errors = {body.code or body.type for body in bodies if isinstance(body, IcmpSpec)}
    if "frag_needed" in errors:
        return (Family.IPV4, Family.MAPPED)
    return (Family.IPV6,) if "packet_too_big" in errors else tuple(Family)


_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "local_ip": ("local_ip", lambda value: value.partition("/")[0].lower()),
    "remote_ip": ("remote_ip", lambda value: value.partition("/")[0].lower()),
    "mtu": ("mtu_bytes", int),
    "bind_port": ("bind_port", int),
    "connect_port": ("connect_port", int),
    "tolerance_usecs": ("tolerance_ns", lambda value: int(value) * MICROSECOND_NS),
    "tolerance_percent": ("tolerance_percent", float),
    "tcp_ts_tick_usecs": ("ts_tick_us", int),
}
_SWITCHES: Mapping[str, Callable[[Config], Config]] = {
    "strict_segments": lambda config: replace(config, strict_segments=True),
    "tcp_ts_ecr_scaled": lambda config: replace(config, ts_ecr_scaled=True),
    "no_surprises": lambda config: replace(config, no_surprises=True),
}


def config_of(script: Script, family: Family) -> Config:
    """What the script's options say for this family; raises ScriptError for an option that is unknown or has no meaning here."""
    config = _BASE[family]
    for option in script.options:
        if option.name in _SWITCHES:
            config = _SWITCHES[option.name](config)
        elif option.name in _READERS:
            config = _with(config, option, script.path)
        elif option.name == "ip_version":
            if option.value not in {known.value for known in Family}:
                raise ScriptError(msg("--ip_version is ipv4, ipv4-mapped-ipv6 or ipv6"), option.place, path=script.path)
        elif option.name not in _WITHOUT_EFFECT:
            raise ScriptError(msg("--{name} is not an option of a script here", name=option.name), option.place, path=script.path)
    return config


def _with(config: Config, option: Option, path: str) -> Config:
    name, read = _READERS[option.name]
    try:
        value = read(option.value or "")
    except ValueError:
        raise ScriptError(msg("--{name} takes a number", name=option.name), option.place, path=path) from None
    return replace(config, **{name: value})
