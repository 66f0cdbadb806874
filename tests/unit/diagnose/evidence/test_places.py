from __future__ import annotations

import numpy as np

from estab.diagnose.evidence.places import places, worst_first
from estab.diagnose.facts import CLIENT, SERVER
from estab.diagnose.finding import SubjectKind
from tests.rules.conversation import Capture


def test_owners_are_a_listener_one_client_or_the_clients_of_a_listener() -> None:
    capture = Capture()
    for client, server in (("10.0.0.1", "10.0.0.2:80"), ("10.0.0.3", "10.0.0.2:80"), ("10.0.0.3", "10.0.0.2:81")):
        capture.talk(client=client, server=server).open().client("PA", data=9).server("A")
    facts = capture.facts()
    everything = np.ones(facts.count, bool)
    assert [str(place.subject) for place in places(facts, everything, SERVER)] == ["10.0.0.2:80", "10.0.0.2:81"]
    several, single = places(facts, everything, CLIENT)
    assert str(several.name) == "the clients of 10.0.0.2:80" and several.subject.kind is SubjectKind.LISTENER
    assert (single.name, single.subject.kind) == ("10.0.0.3", SubjectKind.HOST)


def test_share_is_of_the_connections_that_came_about() -> None:
    capture = Capture()
    for _ in range(3):
        capture.talk().open().client("PA", data=9).server("A")
    capture.talk().client("S").server("RA", seq=0)
    facts = capture.facts()
    (place,) = places(facts, np.array([True, False, False, False]), SERVER)
    assert (len(place.kin), place.share) == (3, 1 / 3)


def test_the_worst_comes_first_and_the_first_key_counts_most() -> None:
    rows = worst_first(np.array([0, 1, 2]), np.array([1, 5, 5]), np.array([9, 1, 2]))
    assert rows.tolist() == [2, 1, 0]
