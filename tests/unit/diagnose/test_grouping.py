from __future__ import annotations

import numpy as np
import pytest

from estab.diagnose.compose import finding, listener
from estab.diagnose.facts import SERVER, Facts, Group
from estab.diagnose.finding import PLACES_DESCRIBED, CounterEvidence, Finding, Severity, SubjectKind
from estab.diagnose.gather import PLACES_IN_FULL
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Rule
from estab.diagnose.rules import handshake_refused
from estab.diagnose.run import diagnose
from estab.text import msg
from tests.rules.conversation import Capture

LISTENERS = 300
RULE = Rule(code="test.rule", title=msg("a title"), severity=Severity.WARNING)


@pytest.fixture
def capture() -> Capture:
    return Capture()


def refused_everywhere(capture: Capture) -> Facts:
    """Each of 300 listeners refuses: the n-th n % 4 + 1 times; the first accepts hundreds besides."""
    for place in range(LISTENERS):
        server = f"10.1.{place // 200}.{place % 200 + 1}:80"
        for _ in range(place % 4 + 1):
            capture.talk(server=server).client("S").server("RA", seq=0)
    for _ in range(499):
        capture.talk(server="10.1.0.1:80").open().close()
    return capture.facts()


def describe(facts: Facts, group: Group) -> Finding:
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=group.rows,
        summary=msg("summary"),
        cause=msg("cause"),
        evidence=[CounterEvidence(msg("seen"), "refused", 0, len(group.rows))],
        confidence=0.9,
    )


def test_columns_of_places_are_what_each_place_says(capture: Capture) -> None:
    facts = refused_everywhere(capture)
    rng = np.random.default_rng(1)
    worst, column, mask = rng.integers(0, 50, facts.count), rng.integers(-9, 9, facts.count), rng.random(facts.count) < 0.5
    places = facts.group_by_server(facts.refused, worst)
    assert len(places) == LISTENERS and [int(group.rows.min()) for group in places] == sorted(int(group.rows.min()) for group in places)
    for place, group in enumerate(places):
        kin = facts.rows_to_server(int(group.rows[0]))
        assert set(group.rows.tolist()) <= set(kin.tolist()) and (np.diff(worst[group.rows]) <= 0).all()
        assert places.sizes[place] == len(group.rows)
        assert places.total(column)[place] == column[group.rows].sum() and places.total(mask)[place] == mask[group.rows].sum()
        assert places.largest(mask)[place] == mask[group.rows].any() and places.least(mask)[place] == mask[group.rows].all()
        assert places.kin(mask)[place] == mask[kin].sum() and places.kin_total(column)[place] == column[kin].sum()
    assert [group.endpoint for group in places.only(places.sizes == 4)] == [group.endpoint for group in places if len(group.rows) == 4]
    assert places.each(lambda group: group.endpoint.address)[1] == places[1].endpoint.address
    assert [group.endpoint for group in places[2:4]] == [places[2].endpoint, places[3].endpoint]


def test_no_place_at_all(capture: Capture) -> None:
    capture.talk().open()
    facts = capture.facts()
    places = facts.group_by_server(facts.refused)
    assert list(places) == [] and len(places.total(facts.attempted)) == len(places.kin(facts.attempted)) == 0
    assert list(tell(places, lambda group: describe(facts, group))) == []


def test_a_few_places_are_all_described(capture: Capture) -> None:
    for place in range(PLACES_DESCRIBED):
        capture.talk(server=f"10.0.0.{place + 2}:80").client("S").server("RA", seq=0)
    facts = capture.facts()
    told = list(tell(facts.group_by_server(facts.refused), lambda group: describe(facts, group), severe=np.arange(PLACES_DESCRIBED) % 2))
    assert [finding.places for finding in told] == [1] * PLACES_DESCRIBED


def test_the_worst_of_each_severity_are_described_and_the_others_told_together(capture: Capture) -> None:
    facts = refused_everywhere(capture)
    places = facts.group_by_server(facts.refused)
    described: list[Group] = []

    def watched(group: Group) -> Finding:
        described.append(group)
        return describe(facts, group)

    severe = places.sizes == 1
    told = list(tell(places, watched, severe=severe, counts=10 * places.sizes))
    assert len(described) == 2 * (PLACES_DESCRIBED + 1)  # the worst of those told together lends its words
    assert [len(group.rows) for group in described[: PLACES_DESCRIBED + 1]] == [1] * (PLACES_DESCRIBED + 1)
    assert [len(group.rows) for group in described[PLACES_DESCRIBED + 1 :]] == [4] * (PLACES_DESCRIBED + 1)
    together = [finding for finding in told if finding.places > 1]
    assert [finding.places for finding in together] == [severe.sum() - PLACES_DESCRIBED, (~severe).sum() - PLACES_DESCRIBED]
    assert all(finding.subject.kind is SubjectKind.CAPTURE and finding.hit is None for finding in together)
    assert together[0].count == 10 * len(together[0].members) == 10 * (severe.sum() - PLACES_DESCRIBED)
    assert f"{together[1].places} more places" in str(together[1].title) and str(described[-1].endpoint) in str(together[1].summary)
    assert together[1].first_ns == facts.connections.first_ns[together[1].members].min()
    assert together[1].last_ns == facts.connections.last_ns[together[1].members].max()
    everyone = np.concatenate([finding.members for finding in told])
    assert len(everyone) == len(set(everyone.tolist())) == np.count_nonzero(facts.refused)


def test_a_report_over_three_hundred_listeners_says_the_same_as_one_finding_each(capture: Capture) -> None:
    facts = refused_everywhere(capture)
    each = [finding for group in facts.group_by_server(facts.refused) for finding in handshake_refused.check(_only(facts, group))]
    rare = [finding for finding in each if finding.severity is Severity.INFO]
    assert (len(each), len(rare)) == (LISTENERS, 1)
    found = [finding for finding in diagnose(facts).findings if finding.code == "handshake.refused"]
    warnings = [finding for finding in found if finding.severity is Severity.WARNING]
    assert len(warnings) == PLACES_IN_FULL + 1 and len(found) == PLACES_IN_FULL + 2
    assert sum(finding.count for finding in found) == np.count_nonzero(facts.refused)
    assert max(finding.places for finding in warnings) == LISTENERS - 1 - PLACES_IN_FULL == len(each) - len(rare) - PLACES_IN_FULL
    assert facts.claimed_by("handshake.refused").tolist() == facts.refused.tolist()


def _only(facts: Facts, group: Group) -> Facts:
    """The same capture of which only one listener refused."""
    alone = Facts(facts.connections, facts.capture)
    alone.__dict__["refused"] = facts.refused & np.isin(np.arange(facts.count), group.rows)
    assert str(facts.connections.endpoint(int(group.rows[0]), SERVER)) == str(group.endpoint)
    return alone
