from __future__ import annotations

import pytest

from estab.chance import Chance
from estab.drill.config import Config, Family
from estab.drill.process import FIRST_PEER_PORT, EpollHandle, EpollItem, FileHandle, Process, SocketHandle
from estab.drill.subject import Stage
from estab.drill.symbols import UnusableValueError
from estab.engine.stack import Stack
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values


def process(family: Family = Family.IPV4) -> Process:
    config = Config(family=family, local_ip="192.168.0.1", remote_ip="192.0.2.1", mtu_bytes=1500)
    return Process(Stack([config.local_ip], knobs=profile_values(Profile.LINUX), chance=Chance(1)), config)


def test_descriptors_have_kinds() -> None:
    program = process()
    program.handles[3] = SocketHandle(program.stack.socket())
    program.handles[4] = FileHandle(5)
    assert program.socket(3) is program.handle(3)
    for number in (4, 9):
        with pytest.raises(UnusableValueError):
            program.socket(number)
    with pytest.raises(UnusableValueError):
        program.handle(9)


def test_the_connection_under_test_is_the_last_one_begun() -> None:
    program = process()
    program.listening = True
    first = program.begin_passive()
    assert (first.stage, first.remote_port, program.subject, program.listening) == (Stage.SYN_RECEIVED, FIRST_PEER_PORT, first, False)
    assert program.begin_passive().remote_port == FIRST_PEER_PORT + 1
    program.begin_active(5, 80)
    assert program.subject is not None and (program.subject.stage, program.subject.descriptor) == (Stage.CONNECTING, 5)
    again = program.subject
    program.begin_active(5, 80)
    assert program.subject is again


def test_accept_gives_a_descriptor_and_close_takes_it() -> None:
    program = process()
    connection = program.begin_passive()
    program.handles[4] = SocketHandle(program.stack.socket())
    program.handles[5] = EpollHandle({4: EpollItem(1, 4)})
    program.accepted(4, connection.remote_port)
    descriptors = [connection.descriptor]
    program.forgotten(4)
    assert [*descriptors, connection.descriptor] == [4, None]
    assert program.handles == {5: EpollHandle({})}


def test_sockets_are_of_the_family() -> None:
    assert [process(family).sockets_are_ipv6 for family in Family] == [False, True, True]
