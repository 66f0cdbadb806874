from __future__ import annotations

import gettext

import pytest

from estab import text
from estab.text import Text, Translator, agreeing, format_count, format_percent, language_of, msg


class Catalogue(gettext.NullTranslations):
    """Two sentences in another language."""

    def gettext(self, message: str) -> str:
        return {"{count} packets to {whom}": "发往{whom}的{count}个报文", "the server": "服务器"}.get(message, message)


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> Translator:
    monkeypatch.setattr(text, "_catalogue", lambda _language: Catalogue())
    return Translator("zh_CN")


def test_a_text_in_english_is_its_message() -> None:
    assert str(msg("{count} packets to {whom}", count=3, whom=msg("the server"))) == "3 packets to the server"
    assert str(msg("braces {} stay without values")) == "braces {} stay without values"


def test_values_move_and_texts_inside_texts_are_translated(chinese: Translator) -> None:
    sentence = msg("{count} packets to {whom}", count=3, whom=msg("the server"))
    assert chinese(sentence) == "发往服务器的3个报文"
    assert chinese("the server") == "服务器"


def test_what_has_no_translation_stays(chinese: Translator) -> None:
    assert chinese(msg("CLOSE-WAIT")) == "CLOSE-WAIT"
    assert chinese("") == ""
    assert chinese(Text("")) == ""


def test_the_shipped_catalogue_speaks_chinese() -> None:
    assert Translator("fr").language == "en"
    assert Translator("zh_CN").language == "zh_CN"
    assert Translator("zh_CN")._catalogue.info()["language"].startswith("zh")


@pytest.mark.parametrize(
    ("wish", "language"), [("zh", "zh_CN"), ("zh-CN", "zh_CN"), ("zh_TW.UTF-8", "zh_CN"), ("en_GB", "en"), ("fr", "en"), ("C", "en")]
)
def test_a_wish_finds_the_nearest_language(wish: str, language: str) -> None:
    assert language_of(wish) == language


@pytest.mark.parametrize(
    ("environment", "language"),
    [({"LANG": "zh_CN.UTF-8"}, "zh_CN"), ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"), ({"LC_MESSAGES": "zh_CN", "LANG": "en"}, "zh_CN")],
)
def test_without_a_wish_the_locale_decides(environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language_of(None) == language


def test_large_numbers_are_grouped_with_spaces_that_do_not_break() -> None:
    assert format_count(1204332) == "1\u00a0204\u00a0332"
    assert format_count(999) == "999"


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ("1 connections are dead: no answer", "1 connection is dead: no answer"),
        ("On 1 idle connections the probes", "On 1 idle connection the probes"),
        ("1 SYN-ACKs were repeated, in 1 connections", "1 SYN-ACK was repeated, in 1 connection"),
        ("1 scripts: passed 1", "1 script: passed 1"),
        ("2 of 1 connections", "2 of 1 connection"),
        ("1 of 3 connections", "1 of 3 connections"),
        ("1 of 3 connections to 10.0.0.1:80 were reset", "1 of 3 connections to 10.0.0.1:80 was reset"),
        ("1 requests to 10.0.0.2:80 were taken", "1 request to 10.0.0.2:80 was taken"),
        ("1 more places, 1 copies, from 1 addresses", "1 more place, 1 copy, from 1 address"),
        ("repeated 1 times in 3 s", "repeated once in 3 s"),
        ("21 packets, 1\u00a0001 packets, 0.1 packets, 10.0.0.1 packets", "21 packets, 1\u00a0001 packets, 0.1 packets, 10.0.0.1 packets"),
        ("1 s connections", "1 s connections"),
    ],
)
def test_one_is_not_several(several: str, one: str) -> None:
    assert agreeing(several) == one


def test_what_is_rendered_in_english_agrees_and_chinese_is_left_alone() -> None:
    text = msg("{count} connections are dead", count=1)
    assert str(text) == "1 connection is dead"
    assert Translator("zh_CN")(text) == "1 connections are dead"  # a text without Chinese, as it stands


@pytest.mark.parametrize(
    ("count", "said"), [("1", "1 socket was left, its owner is gone"), ("2", "2 sockets were left, their owners are gone")]
)
def test_a_sentence_has_a_form_for_one(count: str, said: str) -> None:
    text = msg(
        "{count} sockets were left, their owners are {what}", "{count} socket was left, its owner is {what}", count=count, what="gone"
    )
    assert str(text) == said
    assert Translator("zh_CN")(text) == f"{count} sockets were left, their owners are gone", (
        "Chinese has its one form, here the missing one"
    )


def test_only_the_first_number_decides_about_the_form_for_one() -> None:
    assert str(msg("{count} of {all} were lost", "{count} of {all} was lost", count=2, all=1)) == "2 of 1 were lost"


@pytest.mark.parametrize(("share", "said"), [(1.0, "100"), (0.123, "12"), (0.0996, "10"), (0.0123, "1.2"), (0.000_04, "0.004"), (0, "0")])
def test_percentages_have_two_digits(share: float, said: str) -> None:
    assert format_percent(share) == said
