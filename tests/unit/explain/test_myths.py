from __future__ import annotations

import pytest

from estab.explain.codes.catalog import CODES
from estab.explain.lookup import explain
from estab.explain.myths import CORRECTIONS, Correction, of_code, of_knob, of_state
from estab.explain.render import render_text
from estab.knobs.catalog import KNOBS
from estab.machine.states import State
from estab.text import Translator

# What is said again and again, with the words that must stand in the correction.
SAYINGS = {
    "Many CLOSE-WAIT": "has not called close()",
    "tcp_fin_timeout shortens": "60 s",
    "tcp_tw_recycle=1": "4.12",
    "tcp_tw_reuse helps": "outgoing",
    "Lower tcp_max_tw_buckets": "RST",
    "SO_REUSEADDR avoids": "wait all the same",
    "65,535 connections": "destination port",
    "RST asks": "ends the connection",
    "third segment": "may carry data",
    "1, 2, 4, 8 s": "6.5",
    "full accept queue refuses": "silently",
    "somaxconn takes effect": "listen()",
    "ETIMEDOUT comes from": "EAGAIN",
    "hung applications": "dead kernels and paths",
    "Keepalive clears": "close()",
    "TIME-WAIT is an error": "protects",
    "Both ends go": "closes first",
    "run together": "byte stream",
}

each_correction = pytest.mark.parametrize("correction", CORRECTIONS, ids=lambda correction: correction.said.message[:30])


@pytest.mark.parametrize(("said", "right"), SAYINGS.items())
def test_what_is_often_said_is_corrected(said: str, right: str) -> None:
    found = [correction for correction in CORRECTIONS if said in correction.said.message]
    assert len(found) == 1
    assert right in found[0].right.message
    assert found[0].proof.message


@each_correction
def test_a_correction_names_pages_that_exist_and_at_least_one(correction: Correction) -> None:
    assert set(correction.codes) <= set(CODES)
    assert set(correction.knobs) <= set(KNOBS)
    assert correction.states or correction.knobs or correction.codes


@each_correction
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_page_it_belongs_to_shows_it(correction: Correction, language: str) -> None:
    translator = Translator(language)
    wanted = "".join(translator(correction.right).split())
    for topic in (*correction.codes, *correction.knobs, *(state.label for state in correction.states)):
        shown = render_text(explain(topic), translator, 2000)
        assert wanted in "".join(shown.split()), topic


def test_lookups_give_only_what_belongs_there() -> None:
    assert {correction.said.message for correction in of_state(State.CLOSE_WAIT)} == {
        "Many CLOSE-WAIT: the ACK was not sent",
        "Keepalive clears CLOSE-WAIT",
    }
    assert [correction.knobs for correction in of_knob("somaxconn")] == [("somaxconn",)]
    assert of_code("info.ecn") == ()
