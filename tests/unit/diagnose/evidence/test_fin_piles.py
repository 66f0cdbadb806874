"""Sockets whose FIN goes unanswered: which they are, and what is told in whose words."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application
from estab.diagnose.evidence.fin_piles import PILE, Words, piles, unanswered
from estab.diagnose.facts import CLIENT, SERVER
from estab.diagnose.finding import Severity
from estab.diagnose.rules.close_last_ack_pile import RULE
from estab.text import msg
from tests.rules.conversation import Capture, Conversation


def insist(talk: Conversation) -> Conversation:
    for pause in ("210ms", "400ms", "800ms", "1.6s", "3.2s"):
        talk.wait(pause).client(again=True, dropped=True)
    return talk


def dialogue(capture: Capture) -> Conversation:
    return capture.talk().open().client("PA", data=9).server("PA", data=9).client("A")


LIMIT = Advice(remedy=(application(msg("limit")),))


def words(values: dict[str, object]) -> Words:
    return Words(
        title=msg("{name}", name=values["name"]),
        summary=msg("{count} {longest}", **values),
        cause=msg("cause"),
        advice=LIMIT,
    )


def test_only_a_repeated_fin_without_an_answer_counts() -> None:
    capture = Capture()
    insist(dialogue(capture).client("FA", dropped=True))
    insist(dialogue(capture).client("PA", data=5, dropped=True))  # data, and no FIN
    dialogue(capture).client("FA", dropped=True)  # said once
    insist(dialogue(capture).client("FA", dropped=True)).server("A", ack=1_011)
    facts = capture.facts()
    assert unanswered(facts, CLIENT).tolist() == [True, False, False, False]
    assert not unanswered(facts, SERVER).any()


def test_a_pile_has_the_severity_of_its_rule_and_its_words() -> None:
    capture = Capture()
    for _ in range(PILE):
        insist(dialogue(capture).client("FA", dropped=True))
    facts = capture.facts()
    mask = unanswered(facts, CLIENT)
    (found,) = piles(facts, RULE, mask, CLIENT, words)
    assert (found.code, found.severity, str(found.title), str(found.cause)) == (RULE.code, RULE.severity, "10.0.0.1", "cause")
    assert str(found.summary).split()[0] == str(PILE) and str(found.remedy[0].text) == "limit"
    mask[0] = False
    assert [finding.severity for finding in piles(facts, RULE, mask, CLIENT, words)] == [Severity.INFO]
