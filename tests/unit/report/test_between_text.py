"""What happened between two readings, in lines."""

from __future__ import annotations

from typing import Any

from estab.diagnose.host_run import diagnose_host
from estab.flow import Endpoint
from estab.report.between_text import between_texts, unseen_texts
from estab.report.host_json import host_to_dict
from estab.report.host_text import host_text
from estab.report.model import HostAnalysis
from estab.snapshot import Owner
from estab.text import Translator
from tests.unit.diagnose import ended
from tests.unit.diagnose.ended import THERE, facts, socket
from tests.unit.report.analyses import layout

ENGLISH = Translator("en")
CALLERS = {Owner(pid=number, command="caller"): 9 - number for number in (7, 8, 9)}


def analysis(ports: tuple[int, ...] = (82,), **more: Any) -> HostAnalysis:
    sockets = [socket(ended.REFUSED, 40_000 + number, port) for port in ports for number in range(port - 80)]
    made = facts(sockets, counters={"Tcp.ActiveOpens": len(sockets), "Tcp.PassiveOpens": 0}, **more)
    return HostAnalysis(facts=made, diagnosis=diagnose_host(made))


def test_all_of_them_and_where() -> None:
    told = list(between_texts(analysis(openers={Endpoint(THERE, 82): CALLERS}), ENGLISH))
    assert told == [
        "2 connections opened, 2 ended (0.4 a second), 2 of these in neither reading",
        "to 10.9.2.2:82: 2 refused; opened by caller[7], caller[8], … (+1)",
    ]


def test_the_largest_places_and_what_was_lost() -> None:
    told = list(between_texts(analysis((82, 83, 84, 85, 86), lost=3), ENGLISH))
    assert told[1].startswith("to 10.9.2.2:86: 6 refused") and told[4:] == ["2 more places: 5", "more ended than could be heard"]


def test_where_nothing_ended_there_are_no_lines() -> None:
    assert list(between_texts(analysis(()), ENGLISH)) == []
    assert list(unseen_texts(analysis((), unseen="not permitted"))) == []


def test_what_could_not_be_seen_is_said_where_it_matters() -> None:
    (hidden,) = unseen_texts(analysis(unseen="not permitted"))
    assert str(hidden) == "which processes opened connections that are in neither reading: not permitted"
    (deaf,) = unseen_texts(analysis(deaf="not permitted"))
    assert str(deaf) == "which connections ended between the readings: not permitted"
    assert "not seen  which processes opened" in host_text(analysis(unseen="not permitted"), layout())


def test_the_report_and_the_document_hold_it() -> None:
    made = analysis(openers={Endpoint(THERE, 82): CALLERS})
    assert "between   2 connections opened" in host_text(made, layout())
    document = host_to_dict(made)["between"]
    assert (document["opened"], document["ended"], document["in_neither_reading"]) == (2, 2, 2)
    (place,) = document["places"]
    assert place["ended"] == {"refused": 2} and place["openers"][0] == {"pid": 7, "command": "caller", "count": 2} and not place["inbound"]
    deaf = host_to_dict(analysis(deaf="no"))["between"]
    assert deaf["unseen"] == {"ends": "no"} and deaf["places"] == [] and deaf["ended"] == 0
