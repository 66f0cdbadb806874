"""The page for Prometheus, asked for by a client that is not ours."""

from __future__ import annotations

import http.client
import socket

import pytest

from estab.cli.scrape import Scraped, parse_listen
from estab.errors import MisuseError


@pytest.mark.parametrize(
    ("text", "place"),
    [("9187", ("127.0.0.1", 9187)), ("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:9187", ("::1", 9187)), (":9", ("127.0.0.1", 9))],
)
def test_where_to_listen(text: str, place: tuple[str, int]) -> None:
    assert parse_listen(text) == place


@pytest.mark.parametrize("text", ["", "host", "1.2.3.4:", "1.2.3.4:99999", "1.2.3.4:-1"])
def test_no_place_to_listen(text: str) -> None:
    with pytest.raises(MisuseError):
        parse_listen(text)


def test_the_page_is_served() -> None:
    with Scraped("127.0.0.1", 0, lambda: "estab_intervals_total 7\n") as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        for method, path, status, body in (
            ("GET", "/metrics", 200, b"estab_intervals_total 7\n"),
            ("HEAD", "/metrics", 200, b""),
            ("GET", "/else", 404, b"the page is /metrics\n"),
        ):
            client.request(method, path)
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (status, body)
        client.close()


def test_nothing_listens_afterwards() -> None:
    with Scraped("127.0.0.1", 0, lambda: "") as server:
        port = server.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_port_that_is_taken() -> None:
    with Scraped("127.0.0.1", 0, lambda: "") as server, pytest.raises(MisuseError, match="in use"):
        Scraped("127.0.0.1", server.port, lambda: "")
