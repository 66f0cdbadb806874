"""Lost, needless, unanswered: every repetition is one of them."""

from __future__ import annotations

import numpy as np
import pytest

from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Group
from tests.rules.conversation import Capture
from tests.rules.transfers import SIZE, Transfer


@pytest.fixture
def capture() -> Capture:
    return Capture()


def counts(capture: Capture) -> dict[str, int]:
    found = losses.direction(capture.facts(), SERVER)
    return {
        name: int(getattr(found, name)[0]) for name in ("sent", "repeated", "needless", "unanswered", "lost", "lost_before", "timeouts")
    }


def test_a_repaired_loss(capture: Capture) -> None:
    Transfer(capture).lose_one(0)
    assert counts(capture) == {"sent": 5, "repeated": 1, "needless": 0, "unanswered": 0, "lost": 1, "lost_before": 0, "timeouts": 0}


def test_needless_and_unanswered_are_no_losses(capture: Capture) -> None:
    transfer = Transfer(capture).send(0).wait("60ms").send(0).wait("2ms").ack(1).ack(1, sack=(0, 1))
    for wait in ("300ms", "600ms", "1200ms"):
        transfer.send(1, dropped=True).wait(wait)
    found = counts(capture)
    assert (found["repeated"], found["needless"], found["unanswered"], found["lost"]) == (3, 1, 2, 0)


def test_super_segments_count_by_their_parts(capture: Capture) -> None:
    Transfer(capture).send(0, size=10 * SIZE).ack(10)
    assert counts(capture)["sent"] == 10


def test_a_capture_of_one_direction_shows_no_losses(capture: Capture) -> None:
    talk = capture.talk().client("S", unseen=True).server("SA").client("A", unseen=True)
    talk.server("PA", data=1000).wait("300ms").server("PA", again=True)
    assert counts(capture)["lost"] == 0


@pytest.mark.parametrize(("lost", "sent", "lossy"), [(3, 300, True), (2, 10, False), (9, 1_000, False), (10, 1_000, True)])
def test_a_few_or_rare_losses_are_no_lossy_path(capture: Capture, lost: int, sent: int, lossy: bool) -> None:
    capture.talk().open()
    template = losses.direction(capture.facts(), SERVER)
    columns = {name: getattr(template, name) for name in template.__dataclass_fields__}
    found = losses.Direction(**columns | {"lost": np.array([lost]), "sent": np.array([sent])})
    assert losses.is_lossy(found, np.array([0])) is lossy


@pytest.mark.parametrize(("waited", "hurts"), [(0, False), (150_000_000, False), (1_000_000_000, True)])
def test_waiting_hurts_by_its_length(capture: Capture, waited: int, hurts: bool) -> None:
    capture.talk().open().wait("60s").close()
    assert losses.waits_hurt(capture.facts(), np.array([waited])).tolist() == [hurts]


def test_waiting_hurts_by_its_share(capture: Capture) -> None:
    capture.talk().open().wait("900ms").close()
    assert losses.waits_hurt(capture.facts(), np.array([200_000_000])).tolist() == [True]


def test_the_ends_of_a_direction_have_names(capture: Capture) -> None:
    for number in (1, 2):
        capture.talk(client=f"10.0.0.{number}").open()
    facts = capture.facts()
    both, one = Group(facts.connections.endpoint(0, SERVER), np.array([0, 1])), Group(facts.connections.endpoint(0, SERVER), np.array([0]))
    assert losses.ends(facts, one, CLIENT) == {"sender": "10.0.0.1", "receiver": "10.0.0.2:80"}
    assert str(losses.ends(facts, both, SERVER)["receiver"]) == "its clients (2 addresses)"


def test_shares_are_short_numbers() -> None:
    assert [losses.share(*pair) for pair in ((1, 3), (2, 1000), (1, 1), (0, 0), (27, 139))] == ["33", "0.2", "100", "0", "19"]
