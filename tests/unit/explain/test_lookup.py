from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.explain.lookup import explain, topics
from estab.explain.page import Kind
from estab.text import Text, Translator


@pytest.mark.parametrize(
    ("spelling", "kind", "topic"),
    [
        ("close.close_wait_leak", Kind.CODE, "close.close_wait_leak"),
        ("Close.Close_Wait_Leak", Kind.CODE, "close.close_wait_leak"),
        ("close_wait_leak", Kind.CODE, "close.close_wait_leak"),
        ("TIME-WAIT", Kind.STATE, "TIME-WAIT"),
        ("time_wait", Kind.STATE, "TIME-WAIT"),
        ("TimeWait", Kind.STATE, "TIME-WAIT"),
        ("SYN_RECV", Kind.STATE, "SYN-RECEIVED"),
        ("syn-received", Kind.STATE, "SYN-RECEIVED"),
        ("ESTAB", Kind.STATE, "ESTABLISHED"),
        ("FIN_WAIT2", Kind.STATE, "FIN-WAIT-2"),
        ("UNCONN", Kind.STATE, "CLOSED"),
        ("close_wait", Kind.STATE, "CLOSE-WAIT"),
        ("tcp_tw_reuse", Kind.KNOB, "tcp_tw_reuse"),
        ("net.ipv4.TCP_TW_REUSE", Kind.KNOB, "tcp_tw_reuse"),
        ("so_linger", Kind.KNOB, "SO_LINGER"),
    ],
)
def test_any_usual_spelling_finds_the_page(spelling: str, kind: Kind, topic: str) -> None:
    page = explain(spelling)
    assert (page.kind, page.topic) == (kind, topic)


@pytest.mark.parametrize("topic", topics(), ids=str)
def test_every_listed_topic_is_found_by_its_name(topic: object) -> None:
    assert explain(str(topic)).topic == str(topic)


def test_topics_are_listed_by_kind_without_repetition() -> None:
    kinds = [topic.kind for topic in topics()]
    assert kinds == sorted(kinds, key=list(Kind).index)
    assert kinds.count(Kind.STATE) == 11
    assert len({topic.name for topic in topics()}) == len(kinds)


@pytest.mark.parametrize(
    ("spelling", "near"), [("tcp_fin_timeot", "tcp_fin_timeout"), ("timewiat", "TIME-WAIT"), ("close_wait_lek", "close.close_wait_leak")]
)
def test_a_slip_names_the_nearest_topic(spelling: str, near: str) -> None:
    with pytest.raises(MisuseError, match=near):
        explain(spelling)


@pytest.mark.parametrize("spelling", ["", "   ", "{x}", "完全不对", "q" * 5000])
def test_nonsense_is_refused_in_both_languages(spelling: str) -> None:
    with pytest.raises(MisuseError) as caught:
        explain(spelling)
    text = caught.value.args[0]
    assert isinstance(text, Text)
    assert Translator("zh_CN")(text).startswith("没有")
