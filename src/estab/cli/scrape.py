"""The page for Prometheus over HTTP: one small server in a thread of its own, for as long as a recorder runs."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from estab.errors import MisuseError, PermissionNeeded
from estab.history.exposition import CONTENT_TYPE
from estab.text import msg

PATH = "/metrics"
PATIENCE_S = 5
"""How long a client may take to ask; then it is let go, so that nobody can hold the threads."""


def parse_listen(text: str) -> tuple[str, int]:
    """`ADDRESS:PORT`, `[v6]:PORT` or `PORT` (of 127.0.0.1); raises MisuseError for anything else."""
    address, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise MisuseError(msg("not an address to listen at: {text}; write for example 127.0.0.1:9187", text=text))
    return address.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


class Scraped:
    """Serves what `page()` gives at PATH; a context manager."""

    def __init__(self, address: str, port: int, page: Callable[[], str]) -> None:
        handler = type("Handler", (_Handler,), {"page": staticmethod(page), "timeout": PATIENCE_S})
        server = type("Server", (http.server.ThreadingHTTPServer,), {"daemon_threads": True, "address_family": _family(address)})
        try:
            self._server: http.server.ThreadingHTTPServer = server((address, port), handler)
        except PermissionError:
            raise PermissionNeeded(msg("cannot listen at port {port}", port=port), capability="CAP_NET_BIND_SERVICE") from None
        except OSError as problem:
            raise MisuseError(
                msg("cannot listen at {place}: {why}", place=f"{address}:{port}", why=problem.strerror or str(problem))
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)

    @property
    def port(self) -> int:
        """The port, where 0 asked for any."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _family(address: str) -> int:
    import socket

    return socket.AF_INET6 if ":" in address else socket.AF_INET


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    page: Callable[[], str]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The page."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """The page's head."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        found = self.path.partition("?")[0] in {PATH, "/"}
        body = self.page().encode() if found else b"the page is /metrics\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", CONTENT_TYPE if found else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is that of http.server
        """Says nothing: the terminal belongs to the recorder."""
