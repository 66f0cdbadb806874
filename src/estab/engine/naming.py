"""Names of sockets: bind(), the port that a listener gets, and source and port of an outgoing connection.

Every call here either succeeds whole or leaves everything as it was, and says why with the kernel's errno.
"""

from __future__ import annotations

import errno

from estab.engine.addresses import LOOPBACK_IPV4, LOOPBACK_IPV6, canonical, is_ipv6, is_wildcard
from estab.engine.bindings import ANY_IPV4, ANY_IPV6, Claim
from estab.engine.bindings import claim as make_claim
from estab.engine.host import Host, Key
from estab.engine.ports import HIGHEST_PORT
from estab.engine.socket_options import CallError, SocketConfig
from estab.engine.time_wait import TimeWaitEntry
from estab.flow import Endpoint


def wildcard(*, ipv6: bool) -> str:
    """All addresses of a family."""
    return ANY_IPV6 if ipv6 else ANY_IPV4


def read_address(address: str, *, ipv6: bool, v6only: bool) -> str:
    """An address as a socket of this family takes it."""
    try:
        known = canonical(address)
    except ValueError:
        raise CallError(errno.EINVAL) from None
    if is_ipv6(known) and not ipv6:
        raise CallError(errno.EAFNOSUPPORT)
    if not is_ipv6(known) and ipv6 and v6only:
        raise CallError(errno.ENETUNREACH)
    return known


def claim_of(address: str, config: SocketConfig, uid: int) -> Claim:
    """What a socket with these options is to others on its port."""
    return make_claim(address, config.reuse_address, config.reuse_port, uid, v6only=config.v6only)


def check_bind(host: Host, address: str, port: int, uid: int) -> None:
    """Whether bind() may be tried at all: the address is here, the port is a port and not privileged."""
    if not 0 <= port <= HIGHEST_PORT:
        raise CallError(errno.EINVAL)
    if not is_wildcard(address) and not host.addresses.is_own(address):
        raise CallError(errno.EADDRNOTAVAIL)
    if 0 < port < host.knobs.ip_unprivileged_port_start and uid != 0:
        raise CallError(errno.EACCES)


def take_port(host: Host, port: int, claim: Claim) -> int:
    """Hold a port for bind(); 0 chooses one.  EADDRINUSE where that is not possible."""
    bindings = host.bindings
    if port == 0:
        chosen = host.ports.for_bind(lambda candidate: bindings.may_bind(candidate, claim, chosen_for_us=True), halved=claim.reuse_address)
        if chosen is None:
            raise CallError(errno.EADDRINUSE)
        port = chosen
    elif not bindings.may_bind(port, claim):
        raise CallError(errno.EADDRINUSE)
    bindings.hold(port, claim, by_bind=True)
    return port


def destination_of(address: str) -> str:
    """Where a connection to this address goes: the wildcard means this host."""
    if is_wildcard(address):
        return LOOPBACK_IPV6 if is_ipv6(address) else LOOPBACK_IPV4
    return address


def source_for(host: Host, destination: str, bound: Endpoint | None) -> tuple[str, int]:
    """The address to connect from, and the MTU of the way."""
    asked = "" if bound is None or is_wildcard(bound.address) else bound.address
    route = host.addresses.route(destination, asked)
    if route.errno:
        if route.errno == errno.ENETUNREACH:
            host.counters.add("Ip.OutNoRoutes")
        raise CallError(route.errno)
    return route.source, route.mtu_bytes


def is_free(host: Host, key: Key, now_ns: int) -> bool:
    """Whether a connection may get this four-tuple: nobody has it, or only a TIME-WAIT entry that may be reused."""
    entry = host.table.get(key)
    return entry is None or (isinstance(entry, TimeWaitEntry) and entry.may_be_reused(now_ns))


def take_tuple(host: Host, source: str, port: int, remote: Endpoint, now_ns: int) -> tuple[Key, int | None]:
    """The four-tuple of an outgoing connection; `port` 0 chooses one.  EADDRNOTAVAIL where there is none.

    With it the ISS, where a TIME-WAIT entry has made way and it must lie beyond the old connection's.
    """
    if port == 0:
        chosen = host.ports.for_connect(
            source,
            remote.address,
            remote.port,
            lambda candidate: host.bindings.may_connect(
                candidate, lambda free: is_free(host, (source, free, remote.address, remote.port), now_ns)
            ),
        )
        if chosen is None:
            raise CallError(errno.EADDRNOTAVAIL)
        port = chosen
    key = (source, port, remote.address, remote.port)
    if not is_free(host, key, now_ns):
        raise CallError(errno.EADDRNOTAVAIL)
    old = host.table.get(key)
    if not isinstance(old, TimeWaitEntry):
        return key, None
    old.reuse()
    return key, old.next_iss


def narrowed(claim: Claim, address: str) -> Claim:
    """The claim of a socket bound to the wildcard, once a connection has given it an address."""
    return make_claim(address, claim.reuse_address, claim.reuse_port, claim.uid, v6only=claim.v6only)
