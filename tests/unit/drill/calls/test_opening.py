from __future__ import annotations

from tests.unit.drill.playing import CONNECTED, LISTENING, failure, passes, unusable

SOCKET = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"


def test_names_of_sockets() -> None:
    passes(f'{SOCKET}+0 bind(3, {{sa_family=AF_INET, sin_port=htons(81), sin_addr=inet_addr("192.168.0.1")}}, ...) = 0')
    passes(f'{SOCKET}+0 bind(3, {{sa_family=AF_INET, sin_port=htons(81), sin_addr=inet_addr("1.2.3.4")}}, ...) = -1 EADDRNOTAVAIL')
    passes(f"{LISTENING}+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n+0 bind(4, ..., ...) = -1 EADDRINUSE")


def test_only_streams() -> None:
    assert "SOCK_STREAM" in unusable("0 socket(..., SOCK_DGRAM, IPPROTO_IP) = 3")


def test_accept_waits_or_not() -> None:
    passes(f"{LISTENING}+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 accept(3, ..., ...) = -1 EAGAIN")
    passes(
        f"""{LISTENING}
   +0...0.1 accept(3, ..., ...) = 4
   +0 < S 0:0(0) win 65535 <mss 1000>
   +0 > S. 0:0(0) ack 1 <mss 1460>
  +.1 < . 1:1(0) ack 1 win 65535
   +0 write(4, ..., 1) = 1
   +0 > P. 1:2(1) ack 1
"""
    )


def test_connect_fails_as_the_kernel_says() -> None:
    passes(f"{SOCKET}+0...0.1 connect(3, ..., ...) = -1 ECONNREFUSED\n+0 > S 0:0(0) <...>\n+.1 < R. 0:0(0) ack 1 win 0")


def test_shutdown_and_close() -> None:
    passes(f"{CONNECTED}\n+0 shutdown(4, SHUT_WR) = 0\n+0 > F. 1:1(0) ack 1\n+0 write(4, ..., 1) = -1 EPIPE\n+0 close(4) = 0")
    assert "descriptor 4" in unusable(f"{CONNECTED}\n+0 close(4) = 0\n+0 close(4) = 0")


def test_flags_of_descriptors() -> None:
    passes(f"{SOCKET}+0 fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)\n+0 fcntl(3, F_SETFL, O_NONBLOCK) = 0\n+0 fcntl(3, F_GETFL) = 0x802")
    passes("0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3\n+0 fcntl(3, F_GETFL) = 0x802")
    assert failure(f"{SOCKET}+0 fcntl(3, F_GETFL) = 0x802").actual == "2"
