from __future__ import annotations

from estab.drill.errqueue import OPT_ID, STAMP_ACK, STAMP_SCHED, STAMP_SND, TX_ACK, TX_SCHED, TX_SOFTWARE, Completion, ErrorQueue, Stamp


def test_a_zero_copy_send_is_done_when_it_is_acknowledged() -> None:
    queue = ErrorQueue(zerocopy=True)
    queue.wrote(4000, zerocopy=True)
    assert not queue.progress(4000, 3999, 1)
    assert queue.progress(4000, 4000, 2)
    assert [queue.take(), queue.take()] == [Completion(0, 0), None]


def test_it_knows_whether_something_is_still_to_come() -> None:
    queue = ErrorQueue(zerocopy=True)
    queue.wrote(10, zerocopy=True)
    watching = [queue.is_watching]
    queue.progress(10, 10, 1)
    assert [*watching, queue.is_watching] == [True, False]


def test_neighbours_are_told_as_one_range() -> None:
    queue = ErrorQueue(zerocopy=True)
    for _ in range(3):
        queue.wrote(10, zerocopy=True)
    queue.progress(30, 20, 1)
    queue.progress(30, 30, 2)
    assert list(queue) == [Completion(0, 2)]


def test_without_the_option_or_without_data_nothing_is_told() -> None:
    queue = ErrorQueue()
    queue.wrote(10, zerocopy=True)
    queue.zerocopy = True
    queue.wrote(0, zerocopy=True)
    queue.wrote(10, zerocopy=False)
    assert not queue.progress(20, 20, 1) and queue.next_identity == 0


def test_stamps_of_the_last_byte_count_from_when_they_were_asked_for() -> None:
    queue = ErrorQueue()
    queue.wrote(100, zerocopy=False)
    queue.ask_for_stamps(TX_SCHED | TX_SOFTWARE | TX_ACK | OPT_ID)
    queue.wrote(50, zerocopy=False)
    queue.progress(149, 0, 1)
    assert list(queue) == []
    queue.progress(150, 0, 2)
    queue.progress(150, 150, 3)
    assert list(queue) == [Stamp(STAMP_SCHED, 49, 2), Stamp(STAMP_SND, 49, 2), Stamp(STAMP_ACK, 49, 3)]
