from __future__ import annotations

from tests.unit.drill.playing import CONNECTED, failure, passes, unusable

DATA = "+0 < P. 1:101(100) ack 1 win 65535\n* > . 1:1(0) ack 101\n"
WATCHED = f"{CONNECTED}\n+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {{events=EPOLLIN|MODE, fd=4}}) = 0\n"


def poll(revents: str, timeout_ms: int, result: int, until: str = "") -> str:
    return f"+0{until} poll([{{fd=4, events=POLLIN, revents={revents}}}], 1, {timeout_ms}) = {result}\n"


def test_poll_waits_for_events_or_its_end() -> None:
    passes(f"{CONNECTED}\n{poll('0', 0, 0)}{DATA}{poll('POLLIN', 0, 1)}")
    passes(f"{CONNECTED}\n{poll('POLLIN', 1000, 1, '...0.1')}{DATA.replace('+0', '+.1', 1)}")
    passes(f"{CONNECTED}\n{poll('0', 50, 0, '...0.05')}+.1 close(3) = 0")
    passes(f"{CONNECTED}\n{poll('POLLIN', -1, 1, '...0.1')}{DATA.replace('+0', '+.1', 1)}")


def test_poll_tells_what_is_ready() -> None:
    found = failure(f"{CONNECTED}\n{DATA}{poll('POLLIN|POLLOUT', 0, 1)}")
    assert (found.differences[0].expected, found.differences[0].actual) == ("POLLIN|POLLOUT", "POLLIN")
    passes(f"{CONNECTED}\n+0 poll([{{fd=9, events=POLLIN, revents=POLLNVAL}}], 1, 0) = 1")


def wait(events: str, count: int) -> str:
    return f"+0 epoll_wait(5, {{events={events}, fd=4}}, 1, 0) = {count}\n"


NOTHING = "+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0\n"


def test_epoll_by_level() -> None:
    level = WATCHED.replace("|MODE", "")
    passes(f"{level}{NOTHING}{DATA}{wait('EPOLLIN', 1)}{wait('EPOLLIN', 1)}+0 read(4, ..., 500) = 100\n{NOTHING}")


def test_epoll_by_edge_tells_new_data_once() -> None:
    more = DATA.replace("1:101", "101:201").replace("ack 101", "ack 201")
    passes(f"{WATCHED.replace('MODE', 'EPOLLET')}{DATA}{wait('EPOLLIN', 1)}{NOTHING}{more}{wait('EPOLLIN', 1)}{NOTHING}")


def test_epoll_once_until_it_is_armed_again() -> None:
    rearmed = "+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN|EPOLLONESHOT, fd=4}) = 0\n"
    shot = WATCHED.replace("MODE", "EPOLLONESHOT")
    passes(f"{shot}{DATA}{wait('EPOLLIN', 1)}{NOTHING}{rearmed}{wait('EPOLLIN', 1)}")


def test_epoll_control() -> None:
    level = WATCHED.replace("|MODE", "")
    passes(f"{level}+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {{events=EPOLLIN, fd=4}}) = -1 EEXIST\n")
    passes(f"{level}+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, ...) = 0\n+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, ...) = -1 ENOENT\n{DATA}{NOTHING}")
    passes(f"{level}+0 epoll_ctl(5, EPOLL_CTL_MOD, 3, {{events=EPOLLIN, fd=3}}) = -1 ENOENT")
    assert "no epoll" in unusable(f"{CONNECTED}\n+0 epoll_wait(4, ..., 1, 0) = 0")


def test_an_event_that_is_not_as_written() -> None:
    found = failure(f"{WATCHED.replace('|MODE', '')}{DATA}{wait('EPOLLOUT', 1)}")
    assert (found.differences[0].expected, found.differences[0].actual) == ("EPOLLOUT", "EPOLLIN")
