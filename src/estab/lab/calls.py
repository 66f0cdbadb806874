"""What the lab uses of the engine's socket interface, in one place."""

from __future__ import annotations

from estab.engine.readiness import Readiness, readiness_bits
from estab.engine.socket_options import CallError, SocketOption
from estab.engine.sockets import Flag, Shutdown, Socket
from estab.engine.stack import Stack

__all__ = ["CallError", "Flag", "Readiness", "Shutdown", "Socket", "SocketOption", "Stack", "readiness_bits"]
