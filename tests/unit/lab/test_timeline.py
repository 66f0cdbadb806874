from __future__ import annotations

import json
from typing import Any

from estab.lab.clock import EPOCH_NS
from estab.lab.timeline import (
    CallRecord,
    Fate,
    FateRecord,
    FaultRecord,
    Happening,
    Loss,
    LossRecord,
    NoteRecord,
    Record,
    StateRecord,
    Timeline,
    Timer,
    TimerRecord,
    seconds_since_start,
)
from estab.machine.states import State
from estab.text import Translator, msg

AT: dict[str, Any] = {"time_ns": EPOCH_NS + 1_500_000, "where": "client"}
RECORDS: list[Record] = [
    StateRecord(**AT, local="10.0.0.1:1", remote="10.0.0.2:2", old=State.SYN_SENT, new=State.ESTABLISHED, clause="RFC 9293 §3.10.7.3"),
    TimerRecord(**AT, timer=Timer.RTO),
    TimerRecord(**AT, timer=Timer.TLP, packet="a > b"),
    LossRecord(**AT, loss=Loss.QUEUE_FULL, packet="a > b"),
    FaultRecord(**AT, rule="drop SYN", packet="a > b"),
    CallRecord(**AT, call="connect(10.0.0.2:80)", result="ECONNREFUSED"),
    FateRecord(**AT, fate=Fate.POWER_OFF),
    FateRecord(**AT, fate=Fate.KILLED, subject="worker"),
    NoteRecord(**AT, note=msg("interrupted")),
]


def test_every_record_is_json_with_time_place_and_kind() -> None:
    for record in RECORDS:
        told = json.loads(json.dumps(record.to_dict()))
        assert told["time_ns"] == 1_500_000 and told["where"] == "client" and told["kind"] == record.kind.value
    assert RECORDS[0].to_dict()["new"] == "ESTABLISHED"


def test_every_record_can_be_told_in_both_languages() -> None:
    english, chinese = Translator("en"), Translator("zh_CN")
    told = [english(record.told) for record in RECORDS]
    assert told[0] == "10.0.0.1:1 → 10.0.0.2:2: SYN-SENT → ESTABLISHED"
    assert told[5] == "connect(10.0.0.2:80) = ECONNREFUSED" and told[7] == "worker: process killed; its kernel closes what it had open"
    for record in RECORDS:
        if not isinstance(record, StateRecord | CallRecord):
            assert chinese(record.told) != english(record.told)


def test_every_loss_fate_and_timer_has_words() -> None:
    assert all(str(kind.text) for kinds in (Loss, Fate, Timer) for kind in kinds)


def test_a_full_timeline_counts_on() -> None:
    timeline = Timeline(most=2)
    for record in RECORDS[:3]:
        timeline.add(record)
    assert len(timeline.records) == 2 and timeline.left_out == 1
    assert [record.kind for record in timeline.of(Happening.TIMER)] == [Happening.TIMER]
    assert len(timeline.to_list()) == 2


def test_seconds() -> None:
    assert seconds_since_start(EPOCH_NS + 2_000_001_000) == "2.000001"
