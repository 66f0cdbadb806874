from __future__ import annotations

import pytest

from tests.unit.drill.playing import CONNECTED, failure, passes, unusable

ARRIVED = f"{CONNECTED}\n+0 < P. 1:101(100) ack 1 win 65535\n* > . 1:1(0) ack 101\n"


@pytest.mark.parametrize(
    "call",
    [
        "read(4, ..., 500) = 100",
        "recv(4, ..., 500, 0) = 100",
        "recvfrom(4, ..., 500, 0, ..., ...) = 100",
        "readv(4, [{..., 60}, {..., 500}], 2) = 100",
        "recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 500}], msg_flags=0}, 0) = 100",
    ],
)
def test_everything_that_receives(call: str) -> None:
    passes(f"{ARRIVED}+0 {call}")


def test_waiting_for_all() -> None:
    passes(f"{ARRIVED}+0...0.1 recv(4, ..., 200, MSG_WAITALL) = 200\n+.1 < P. 101:201(100) ack 1 win 65535\n* > . 1:1(0) ack 201")


def test_not_waiting() -> None:
    passes(f"{ARRIVED}+0 recv(4, ..., 500, MSG_PEEK) = 100\n+0 read(4, ..., 500) = 100\n+0 recv(4, ..., 5, MSG_DONTWAIT) = -1 EAGAIN")


def test_a_bad_buffer() -> None:
    passes(f"{ARRIVED}+0 read(4, NULL, 500) = -1 EFAULT\n+0 read(4, ..., 500) = 100")


def test_what_is_left_is_told() -> None:
    def message(left: int) -> str:
        control = f"{{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data={left}}}"
        return f"recvmsg(4, {{msg_name(...)=..., msg_iov(1)=[{{..., 60}}], msg_flags=0, msg_control=[{control}]}}, 0) = 60"

    asked = f"{ARRIVED}+0 setsockopt(4, SOL_TCP, TCP_INQ, [1], 4) = 0\n"
    passes(f"{asked}+0 {message(40)}")
    found = failure(f"{asked}+0 {message(41)}")
    assert (found.differences[0].expected, found.differences[0].actual) == ("41", "40")


def test_files_pipes_and_splice() -> None:
    passes(f'{ARRIVED}+0 pipe([5, 6]) = 0\n+0 splice(4, NULL, 6, NULL, 60, 0) = 60\n+0 open("/nothing", O_RDONLY) = -1 ENOENT')
    assert "pipe" in unusable(f"{ARRIVED}+0 splice(4, NULL, 4, NULL, 60, 0) = 60")


def test_a_message_needs_its_pieces() -> None:
    assert "msg_iov" in unusable(f"{ARRIVED}+0 recvmsg(4, {{msg_flags=0}}, 0) = 60")
