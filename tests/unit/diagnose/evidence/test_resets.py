from __future__ import annotations

import numpy as np
import pytest

from estab.diagnose.evidence.resets import Kind, Resets, distance, usual
from estab.diagnose.facts import CLIENT, SERVER
from estab.diagnose.finding import Severity
from tests.rules.conversation import Capture


@pytest.mark.parametrize(
    ("speak", "kind"),
    [
        (lambda talk: talk.server("RA", ttl=47).server("PA", data=9), Kind.FORGED),
        (lambda talk: talk.wait("9s").client("PA", data=9).server("R", ttl=47), Kind.FORGOTTEN_ON_PATH),
        (lambda talk: talk.client("PA", data=9).server("R", ttl=47), Kind.FROM_PATH),
        (lambda talk: talk.client("PA", data=9).server("R"), Kind.NO_SOCKET),
        (lambda talk: talk.server("FA").client("A").client("PA", data=9).server("R"), Kind.LATE_DATA),
        (lambda talk: talk.server("FA").client("PA", data=9, ack=500_010).server("R"), Kind.CROSSED_DATA),
        (lambda talk: talk.client("PA", data=9).server("RA"), Kind.UNREAD),
        (lambda talk: talk.server("RA"), Kind.ABORTED),
        (lambda talk: talk.close().client("RA"), Kind.OTHER),
        (lambda talk: talk.client("FA").server("A").client("RA"), Kind.OTHER),
    ],
)
def test_each_kind(speak, kind: Kind) -> None:  # type: ignore[no-untyped-def]
    capture = Capture()
    speak(capture.talk().open().client("PA", data=9).server("PA", data=9).client("A"))
    resets = Resets(capture.facts())
    assert [Kind(int(number)) for number in resets.kind] == [kind]
    sender = int(resets.side[0])
    assert resets.mask(kind, sender).tolist() == [True] and resets.mask(kind, 1 - sender).tolist() == [False]


def test_only_believed_resets_of_connections_that_came_about_count() -> None:
    capture = Capture()
    capture.talk().client("S").server("RA", seq=0)
    capture.talk().open().client("PA", data=9).server("RA", shift=9_000)
    capture.talk().open().client("PA", data=9).server("RA")
    resets = Resets(capture.facts())
    assert resets.rows.tolist() == [2] and resets.at(np.array([2])).tolist() == [0]


def test_bytes_under_way_are_counted_without_fins() -> None:
    capture = Capture()
    talk = capture.talk().open().client("PA", data=9).server("PA", data=500).client("FA", ack=500_001)
    talk.server("PA", data=70).server("RA")
    resets = Resets(capture.facts())
    assert (resets.side.tolist(), resets.lost_bytes.tolist()) == ([SERVER], [570])


def test_a_side_that_gave_up_on_a_silent_peer_did_not_abort() -> None:
    capture = Capture()
    talk = capture.talk().open().client("PA", data=9).server("A")
    for _ in range(3):
        talk.wait("5s").client("A", shift=-1)
    talk.client("RA")
    resets = Resets(capture.facts())
    assert (resets.side.tolist(), resets.kind.tolist()) == ([CLIENT], [Kind.OTHER])


def test_distance_counts_routers_from_the_usual_first_ttls() -> None:
    assert distance(np.array([64, 63, 128, 116, 255, 240, 47])).tolist() == [0, 1, 0, 12, 0, 15, 17]


def test_a_small_share_is_a_note() -> None:
    assert usual(0.01, Severity.WARNING) is Severity.INFO and usual(0.5, Severity.WARNING) is Severity.WARNING
