"""Texts for people, in English and Simplified Chinese.

A text is made where the fact is known and rendered where the reader's language is known: `Text` carries the English sentence (the
message id of the gettext catalogue) and its values; `Translator` gives the sentence in one language.  Codes, states, counters and
knobs stay as they are in every language.
"""

from __future__ import annotations

import functools
import gettext
import locale
import os
import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LANGUAGES = ("en", "zh_CN")
DOMAIN = "estab"
_FOLDER = pathlib.Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence with `{name}` placeholders and the values for them; a value may be a Text itself.

    `one` is how English says it where the first of the values is 1, for what `agreeing` does not see; Chinese says the same for any number.
    """

    message: str
    values: Mapping[str, object] = field(default_factory=dict)
    one: str | None = None

    def __str__(self) -> str:
        return Translator("en")(self)


def msg(message: str, one: str | None = None, /, **values: object) -> Text:
    """A text for users; the message is a literal so that the catalogue's extraction finds it, `one` is how English says it of one."""
    return Text(message, values, one)


def format_count(number: int) -> str:
    """A number for people: groups of three with a no-break space between them.

    >>> format_count(1204332).split()
    ['1', '204', '332']
    """
    return f"{number:,}".replace(",", "\u00a0")


def format_percent(share: float) -> str:
    """A share of 1 in percent for people: two digits, and no decimals from 10 upwards.

    >>> format_percent(0.0123), format_percent(0.5), format_percent(1)
    ('1.2', '50', '100')
    """
    percent = 100 * share
    return f"{percent:.2g}" if percent < 9.95 else f"{percent:.0f}"


class Translator:
    """Renders texts in one language; an unknown language is English."""

    def __init__(self, language: str = "en") -> None:
        self.language = language if language in LANGUAGES else "en"
        self._catalogue = _catalogue(self.language)

    def __call__(self, text: Text | str) -> str:
        """The text in this language; a plain string is looked up as a message without values."""
        if isinstance(text, str):
            return self._catalogue.gettext(text) if text else ""
        values = {name: self(value) if isinstance(value, Text) else value for name, value in text.values.items()}
        translated = self._catalogue.gettext(text.message) if text.message else ""
        if not values:
            return translated
        if self.language != "en":
            return translated.format_map(values)
        return agreeing((text.one if text.one is not None and _first(text, values) == "1" else translated).format_map(values))


def _first(text: Text, values: Mapping[str, object]) -> str:
    """The value of the placeholder that stands first."""
    found = _PLACEHOLDER.search(text.message)
    return str(values.get(found[1])) if found is not None else ""


_PLACEHOLDER = re.compile(r"\{(\w+)")

# Sentences with a count are written for several.  English differs for one; Chinese does not.
_COUNTED = (
    "SYNs|SYN-ACKs|ACKs|RSTs|FINs|addresses|answers|attempts|bytes|cases|clients|connections|copies|echoes|errors|findings|handshakes|hosts|intervals|losses|"
    "packets|places|ports|probes|processes|repetitions|requests|retransmissions|scripts|segments|sockets|timeouts|timers|waits"
)
_IRREGULAR = {"copies": "copy", "addresses": "address", "echoes": "echo", "losses": "loss", "processes": "process"}
_VERBS = {"are": "is", "were": "was", "have": "has", "do": "does", "wait": "waits", "fill": "fills", "end": "ends"}
_ONE = r"(?<![\w.,:/\u00a0-])1 "
_ONE_OF_SEVERAL = re.compile(
    rf"{_ONE}(?P<total>(?:of [\d\u00a0]+ )?)(?P<between>(?:(?!and |for |the |min )[A-Za-z-]{{3,}} ){{0,2}}?)(?P<noun>{_COUNTED})\b"
    rf"(?:(?P<whose>(?: (?:to|from|of|with|by) \S+)?) (?P<verb>{'|'.join(_VERBS)})\b)?"
)


def agreeing(sentence: str) -> str:
    """An English sentence whose nouns behind the number 1, and the verbs right behind these, are in the singular.

    >>> agreeing("1 connections were reset, 1 SYNs sent 1 times more, 11 packets")
    '1 connection was reset, 1 SYN sent once more, 11 packets'
    """
    if "1 " not in sentence:
        return sentence
    return _ONE_OF_SEVERAL.sub(_in_the_singular, re.sub(rf"{_ONE}times\b", "once", sentence))


def _in_the_singular(found: re.Match[str]) -> str:
    several = found["total"] not in {"", "of 1 "}
    noun = found["noun"] if several else _IRREGULAR.get(found["noun"], found["noun"].removesuffix("s"))
    verb = f"{found['whose']} {_VERBS[found['verb']]}" if found["verb"] else ""
    return f"1 {found['total']}{found['between']}{noun}{verb}"


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, _FOLDER, [language], fallback=True)


def language_of(wish: str | None) -> str:
    """The supported language nearest to a wish such as `zh`, `zh-CN`, `en_GB`; without one, that of the process's locale."""
    for candidate in [wish] if wish else [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")] + [locale.getlocale()[0]]:
        if candidate:
            return "zh_CN" if candidate.lower().startswith("zh") else "en"
    return "en"
