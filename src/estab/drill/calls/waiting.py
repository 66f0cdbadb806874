"""poll and epoll."""

from __future__ import annotations

import errno

from estab.drill.calls.arguments import Arguments
from estab.drill.process import Answer, Call, EpollHandle, EpollItem, Process, SocketHandle
from estab.drill.script import Fields, Items, Value
from estab.drill.symbols import EPOLLS, NUMBERS, POLLS, UnusableValueError, name_flags, number_of
from estab.drill.verdict import Difference
from estab.engine.readiness import Readiness
from estab.instant import MILLISECOND_NS
from estab.text import msg

_ALWAYS = POLLS["POLLERR"] | POLLS["POLLHUP"]
_MODES = EPOLLS["EPOLLET"] | EPOLLS["EPOLLONESHOT"] | EPOLLS["EPOLLEXCLUSIVE"]
_EDGE, _ONE_SHOT = EPOLLS["EPOLLET"], EPOLLS["EPOLLONESHOT"]


def ready_events(process: Process, handle: SocketHandle) -> int:
    """What poll() would report of a socket, its error queue included."""
    events = int(handle.socket.readiness(process.now_ns))
    return events | (int(Readiness.ERR) if handle.errors.queue else 0)


def _until(process: Process, timeout_ms: int) -> int | None:
    """When a wait ends by itself; None: never."""
    return None if timeout_ms < 0 else process.now_ns + timeout_ms * MILLISECOND_NS


def call_poll(arguments: Arguments) -> Call:
    """poll([{fd=…, events=…, revents=…}, …], count, timeout in ms)."""
    process, watched = arguments.process, _poll_items(arguments.at(0))
    until = _until(process, arguments.number(2))
    while True:
        found = [_polled(process, number_of(item.items["fd"]), number_of(item.items["events"])) for item in watched]
        if any(found) or (until is not None and process.now_ns >= until):
            break
        yield until
    differences = tuple(_revents_difference(item, events) for item, events in zip(watched, found, strict=True))
    return Answer(sum(1 for events in found if events), 0, tuple(difference for difference in differences if difference))


def _revents_difference(item: Fields, events: int) -> Difference | None:
    expected = number_of(item.items["revents"]) if "revents" in item.items else 0
    if expected == events:
        return None
    what = msg("revents of descriptor {number}", number=number_of(item.items["fd"]))
    return Difference(what, name_flags(expected, POLLS), name_flags(events, POLLS))


def _poll_items(value: Value) -> list[Fields]:
    items = [item for item in value.items if isinstance(item, Fields)] if isinstance(value, Items) else []
    if not items or not all({"fd", "events"} <= set(item.items) for item in items):
        raise UnusableValueError(msg("a list of {{fd=…, events=…}} is needed here"))
    return items


def _polled(process: Process, descriptor: int, events: int) -> int:
    handle = process.handles.get(descriptor)
    if handle is None:
        return POLLS["POLLNVAL"]
    if not isinstance(handle, SocketHandle):
        raise UnusableValueError(msg("descriptor {number} is no socket", number=descriptor))
    return ready_events(process, handle) & (events | _ALWAYS)


def call_epoll_create(arguments: Arguments) -> Call:
    """epoll_create(size)."""
    yield from ()
    arguments.process.handles[arguments.new_descriptor] = EpollHandle()
    return Answer(arguments.new_descriptor)


def call_epoll_ctl(arguments: Arguments) -> Call:
    """epoll_ctl(epfd, EPOLL_CTL_ADD | MOD | DEL, fd, {events=…, fd=…})."""
    yield from ()
    process, descriptor = arguments.process, arguments.number(2)
    epoll, operation = _epoll(arguments), arguments.number(1)
    if operation == NUMBERS["EPOLL_CTL_DEL"]:
        return Answer(0) if epoll.items.pop(descriptor, None) else Answer(-1, errno.ENOENT)
    event = arguments.at(3)
    if not isinstance(event, Fields) or "events" not in event.items:
        raise UnusableValueError(msg("an epoll event {{events=…, fd=…}} is needed here"))
    process.socket(descriptor)
    if (operation == NUMBERS["EPOLL_CTL_ADD"]) is (descriptor in epoll.items):
        return Answer(-1, errno.EEXIST if descriptor in epoll.items else errno.ENOENT)
    data = next((number_of(event.items[name]) for name in ("fd", "u32", "u64", "ptr") if name in event.items), 0)
    epoll.items[descriptor] = EpollItem(number_of(event.items["events"]), data)
    return Answer(0)


def _epoll(arguments: Arguments) -> EpollHandle:
    handle = arguments.process.handle(arguments.number(0))
    if not isinstance(handle, EpollHandle):
        raise UnusableValueError(msg("descriptor {number} is no epoll", number=arguments.number(0)))
    return handle


def call_epoll_wait(arguments: Arguments) -> Call:
    """epoll_wait(epfd, {events=…, fd=…}, most, timeout in ms), which is written with the first event that must come."""
    process, epoll = arguments.process, _epoll(arguments)
    until = _until(process, arguments.number(3))
    while True:
        found = [(item, events) for descriptor, item in epoll.items.items() if (events := _told(process, descriptor, item))]
        if found or (until is not None and process.now_ns >= until):
            break
        yield until
    found = found[: max(arguments.number(2), 0)]
    for item, _ in found:
        item.armed = not item.events & _ONE_SHOT
    return Answer(len(found), 0, _event_differences(arguments.at(1), found[0] if found else None))


def _told(process: Process, descriptor: int, item: EpollItem) -> int:
    """The events of one item that epoll_wait() gives now.

    Edge-triggered ones are given after a wake-up: new data, room to write after there was none, or a report in the error queue.
    """
    if not item.armed:
        return 0
    handle = process.socket(descriptor)
    events = ready_events(process, handle) & ((item.events & ~_MODES) | _ALWAYS)
    wakeups = handle.wakeups
    if item.events & _EDGE and item.told == events and item.wakeups == wakeups:
        return 0
    fresh = events if item.wakeups != wakeups or not item.events & _EDGE else events & ~item.told
    item.told, item.wakeups = events, wakeups
    return events if fresh else 0


def _event_differences(wanted: Value, found: tuple[EpollItem, int] | None) -> tuple[Difference, ...]:
    if not isinstance(wanted, Fields):
        return ()
    expected = number_of(wanted.items["events"]) if "events" in wanted.items else 0
    events = found[1] if found else 0
    return (Difference(msg("epoll events"), name_flags(expected, EPOLLS), name_flags(events, EPOLLS)),) if expected != events else ()
