from __future__ import annotations

import pytest

from tests.unit.drill.playing import CONNECTED, failure, passes, unusable

SENT = "+0 > P. 1:101(100) ack 1"


@pytest.mark.parametrize(
    "call",
    [
        "write(4, ..., 100) = 100",
        "send(4, ..., 100, 0) = 100",
        "sendto(4, ..., 100, 0, ..., ...) = 100",
        "sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 60}, {..., 40}], msg_flags=0}, 0) = 100",
        "writev(4, [{..., 60}, {..., 40}], 2) = 100",
    ],
)
def test_everything_that_sends(call: str) -> None:
    passes(f"{CONNECTED}\n+0 {call}\n{SENT}")


def test_a_file_is_sent() -> None:
    opened = '+0 `dd bs=1 count=100 if=/dev/zero of=/tmp/x`\n+0 open("/tmp/x", O_RDONLY) = 5'
    passes(f"{CONNECTED}\n{opened}\n+0 sendfile(4, 5, [0], 500) = 100\n{SENT}")
    assert "sendfile" in unusable(f"{CONNECTED}\n+0 sendfile(4, 4, [0], 5) = 5")


def test_a_bad_buffer() -> None:
    passes(f"{CONNECTED}\n+0 write(4, NULL, 5) = -1 EFAULT\n+0 write(4, NULL, 0) = 0")


def test_a_writer_waits_for_room_or_not() -> None:
    small = f"{CONNECTED}\n+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [5000], 4) = 0\n"
    passes(f"{small}+0 fcntl(4, F_SETFL, O_NONBLOCK) = 0\n+0 write(4, ..., 5) = 5")
    waits = failure(f"{small}+0 write(4, ..., 1000000) = 1000000")
    assert str(waits.reason) == "the call blocks"


def test_absurd_lengths() -> None:
    assert "length" in unusable(f"{CONNECTED}\n+0 write(4, ..., 99999999999) = 5")


def test_af_unspec_is_no_way_to_open() -> None:
    passes("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 sendto(3, ..., 0, MSG_FASTOPEN, AF_UNSPEC, ...) = -1 EOPNOTSUPP")


def test_zero_copy_is_told_when_it_is_acknowledged() -> None:
    report = """recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{...,0}], msg_flags=MSG_ERRQUEUE, msg_control=[{cmsg_level=CMSG_LEVEL_IP,
        cmsg_type=CMSG_TYPE_RECVERR, cmsg_data={ee_errno=0, ee_origin=SO_EE_ORIGIN_ZEROCOPY, ee_type=0,
        ee_code=SO_EE_CODE_ZEROCOPY_COPIED, ee_info=0, ee_data=0}}]}, MSG_ERRQUEUE) = 0"""
    passes(
        f"""{CONNECTED}
   +0 setsockopt(4, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0
   +0 send(4, ..., 100, MSG_ZEROCOPY) = 100
   {SENT}
   +0 poll([{{fd=4, events=POLLERR, revents=0}}], 1, 0) = 0
   +0 < . 1:1(0) ack 101 win 65535
   +0 poll([{{fd=4, events=POLLERR, revents=POLLERR}}], 1, 0) = 1
   +0 {report}
   +0 recvmsg(4, {{msg_name(...)=..., msg_iov(1)=[{{...,0}}], msg_flags=0, msg_control=[]}}, MSG_ERRQUEUE) = -1 EAGAIN
"""
    )
