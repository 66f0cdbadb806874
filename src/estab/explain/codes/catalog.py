"""All pages of codes by their permanent code."""

from __future__ import annotations

import types
from collections.abc import Mapping

from estab.explain.codes import (
    app,
    attack,
    audit,
    close,
    congestion,
    flow,
    half_open,
    handshake,
    info,
    keepalive,
    latency,
    listen,
    loss,
    memory,
    middlebox,
    order,
    path,
    ports,
    rst,
    security,
    timewait,
)
from estab.explain.codes.declare import CodePage

_AREAS = (
    *(handshake, attack, listen, ports, close, timewait, rst, half_open, keepalive, middlebox, flow),
    *(loss, order, path, latency, congestion, memory, security, app, audit, info),
)

CODES: Mapping[str, CodePage] = types.MappingProxyType({page.code: page for area in _AREAS for page in area.PAGES})
"""Every code that a finding can have; a code is never reused or renamed."""
