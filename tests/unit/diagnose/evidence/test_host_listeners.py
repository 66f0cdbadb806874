from __future__ import annotations

from estab.diagnose.evidence.host_listeners import full_listeners, likely_overflown, queue_words, waiting_to_be_accepted
from tests.host_rules.snapshots import Case, accepted, facts_of, listener


def host(*sockets: object, before: tuple[object, ...] = ()):  # type: ignore[no-untyped-def]
    return facts_of(Case(code="a.b", name="x", severity=None, before=before, after=sockets))  # type: ignore[arg-type]


def test_a_queue_is_full_beyond_its_limit_and_the_fullest_comes_first() -> None:
    facts = host(
        listener("0.0.0.0:1", recv_queue=5, send_queue=5),
        listener("0.0.0.0:2", recv_queue=3, send_queue=2),
        listener("0.0.0.0:3", recv_queue=9, send_queue=8),
    )
    assert [group.endpoint.port for group in full_listeners(facts, facts.t.listening)] == [3, 2]


def test_the_likely_one_was_filled_the_most_for_its_limit() -> None:
    facts = host(
        listener("0.0.0.0:1", recv_queue=50, send_queue=100),
        listener("0.0.0.0:2", send_queue=2),
        before=(listener("0.0.0.0:2", recv_queue=3, send_queue=2),),
    )
    found = likely_overflown(facts)
    assert found is not None and found.endpoint.port == 2


def test_where_all_queues_are_empty_the_one_with_the_most_new_connections_is_likely() -> None:
    found = likely_overflown(host(listener("0.0.0.0:1"), listener("0.0.0.0:80"), accepted(0), accepted(1)))
    assert found is not None and found.endpoint.port == 80
    assert likely_overflown(host(listener("0.0.0.0:1"))) is None


def test_connections_without_an_inode_wait_to_be_accepted() -> None:
    facts = host(listener(), accepted(0, inode=0), accepted(1))
    assert waiting_to_be_accepted(facts, 80).tolist() == [1] and "0 waiting, limit 128" in str(queue_words(facts, 0).text)
