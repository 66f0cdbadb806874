"""All knobs by name."""

from __future__ import annotations

import types
from collections.abc import Mapping

from estab.knobs import conntrack, socket_options, system, tcp, tcp_buffers, tcp_close, tcp_repair
from estab.knobs.declare import Knob

_AREAS = (tcp.KNOBS, tcp_close.KNOBS, tcp_repair.KNOBS, tcp_buffers.KNOBS, system.KNOBS, conntrack.KNOBS, socket_options.KNOBS)

KNOBS: Mapping[str, Knob] = types.MappingProxyType({knob.name: knob for area in _AREAS for knob in area})
"""Every knob by its short name as Linux spells it."""

# Sysctls come last and so win where only the case tells them apart from an option (tcp_fastopen, TCP_FASTOPEN).
_BY_SPELLING = {
    spelling.lower(): knob for knob in sorted(KNOBS.values(), key=lambda knob: knob.is_sysctl) for spelling in (knob.name, knob.kernel_path)
}


def find_knob(spelling: str) -> Knob | None:
    """The knob of a short name or a full path in any case (`TCP_FIN_TIMEOUT`, `net/ipv4/tcp_fin_timeout`), or None.

    >>> find_knob("net.ipv4.TCP_fin_timeout").name
    'tcp_fin_timeout'
    """
    exact = KNOBS.get(spelling.strip())  # tcp_fastopen is a sysctl, TCP_FASTOPEN a socket option
    if exact is not None:
        return exact
    wanted = spelling.strip().lower().removeprefix("/proc/sys/")
    found = _BY_SPELLING.get(wanted)
    if found is None and "/" in wanted:
        found = _BY_SPELLING.get(wanted.replace("/", "."))
    return found
