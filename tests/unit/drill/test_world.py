from __future__ import annotations

from estab.chance import Chance
from estab.drill.config import Config, Family
from estab.drill.process import Answer, Call, Process
from estab.drill.world import World
from estab.engine.socket_options import CallError
from estab.engine.stack import Stack
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values
from estab.wire.segment import SYN, Packet, Segment, SynOptions

CONFIG = Config(family=Family.IPV4, local_ip="192.168.0.1", remote_ip="192.0.2.1", mtu_bytes=1500)


def world() -> World:
    stack = Stack([CONFIG.local_ip], knobs=profile_values(Profile.LINUX), chance=Chance(1))
    return World(stack, Process(stack, CONFIG))


def listening() -> World:
    host = world()
    socket = host.stack.socket()
    socket.bind(CONFIG.local_ip, 80)
    socket.listen(1, 0)
    return host


SYN_PACKET = Packet(CONFIG.remote_ip, 9, CONFIG.local_ip, 80, Segment(1, 0, SYN, 5, syn=SynOptions(mss_bytes=1000)))


def test_time_stands_still_while_the_tcp_works() -> None:
    host = listening()
    host.deliver(SYN_PACKET)
    assert [sent.at_ns for sent in host.sent] == [0] and host.now_ns == 0


def test_time_moves_from_one_thing_that_is_due_to_the_next() -> None:
    host = listening()
    host.deliver(SYN_PACKET)
    host.advance(10**9 - 1)
    assert (len(host.sent), host.now_ns) == (1, 10**9 - 1)
    host.advance(5 * 10**9)
    assert [sent.at_ns for sent in host.sent] == [0, 10**9, 3 * 10**9]
    host.advance(10**10, stop=lambda: len(host.sent) > 3)
    assert (host.sent[-1].at_ns, host.now_ns) == (7 * 10**9, 7 * 10**9)


def test_a_device_that_drops_everything() -> None:
    host = listening()
    host.drops_everything = True
    host.deliver(SYN_PACKET)
    assert not host.sent


def test_a_call_is_resumed_when_something_happens_or_it_wakes() -> None:
    host = world()
    answers: list[Answer] = []

    def sleeping() -> Call:
        yield 10
        yield 25
        return Answer(7)

    host.begin(sleeping(), answers.append)
    assert not answers
    host.advance(100)
    assert (answers, host.waiting, host.now_ns) == ([Answer(7)], None, 100)


def test_a_call_that_fails_gives_its_errno() -> None:
    host = world()
    answers: list[Answer] = []

    def failing() -> Call:
        yield from ()
        raise CallError(32)

    host.begin(failing(), answers.append)
    assert answers == [Answer(-1, 32)]


def test_nothing_is_due_on_a_fresh_host() -> None:
    assert world().is_idle()
