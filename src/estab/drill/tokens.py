"""Words of a packet script: from characters to tokens, each with its place.

The language has few reserved words.  Numbers, names and blobs of hexadecimal digits run together (`FO 3021b9d889017eeb` and `win 257`
look alike to a lexer), so a token keeps its spelling and the parser decides what it is.  Comments are those of C++ and C.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from estab.drill.source import Place, ScriptError
from estab.text import msg


class Kind(enum.Enum):
    """What a token is made of."""

    INTEGER = "an integer"
    HEXADECIMAL = "a hexadecimal number"
    FRACTION = "a number"
    WORD = "a word"
    STRING = "a string"
    SHELL = "a shell command"
    CODE = "a block of code"
    OPTION = "an option"
    ADDRESS = "an address"
    MARK = "a mark"
    END = "the end of the script"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the spelling; of strings, commands, code and options what stands between their marks."""

    kind: Kind
    text: str
    place: Place
    follows_space: bool = True
    """False where nothing stands between it and the token before: `S.` is one set of flags, `S .` is not."""


_PATTERNS: tuple[tuple[Kind | None, str], ...] = (
    (None, r"[ \t\r\n]+|//[^\n]*|/\*.*?\*/"),
    (Kind.CODE, r"%\{.*?\}%"),
    (Kind.SHELL, r"`(?:\\.|[^`\\])*`"),
    (Kind.STRING, r'"(?:\\.|[^"\\])*"'),
    (Kind.OPTION, r'--[A-Za-z0-9_]+(?:=[^\s"`]*(?:"[^"\n]*"|`[^`]*`)?)?'),
    (Kind.MARK, r"\.\.\."),
    (Kind.ADDRESS, r"\d+\.\d+\.\d+\.\d+"),
    (Kind.FRACTION, r"\d*\.\d+"),
    (Kind.HEXADECIMAL, r"0x[0-9A-Fa-f]+"),
    (Kind.INTEGER, r"\d+(?![0-9A-Za-z_])"),
    (Kind.WORD, r"[A-Za-z0-9_]+"),
    (Kind.MARK, r"[^\s]"),
)
_LEXER = re.compile("|".join(f"(?P<k{index}>{pattern})" for index, (_, pattern) in enumerate(_PATTERNS)), re.DOTALL)
_UNFINISHED = {"`": msg("this command has no closing `"), '"': msg('this string has no closing "')}
_DELIMITED = {Kind.CODE: 2, Kind.SHELL: 1, Kind.STRING: 1}


def tokenize(text: str, path: str = "script") -> list[Token]:
    r"""The tokens of a script, the last one of kind END.

    >>> [token.text for token in tokenize("+.1 < S 0:0(0) // first")]
    ['+', '.1', '<', 'S', '0', ':', '0', '(', '0', ')', '']
    """
    tokens: list[Token] = []
    position, line, line_start, after_space = 0, 1, 0, True
    while (found := _LEXER.match(text, position)) is not None:
        spelling = found[0]
        kind = _PATTERNS[int((found.lastgroup or "k0")[1:])][0]
        place = Place(line, position - line_start + 1)
        if kind is not None:
            _refuse_unfinished(kind, text, position, place, path)
            cut = _DELIMITED.get(kind, 0)
            tokens.append(Token(kind, spelling[cut : len(spelling) - cut], place, after_space))
        after_space = kind is None
        position = found.end()
        if "\n" in spelling:
            line += spelling.count("\n")
            line_start = found.start() + spelling.rindex("\n") + 1
    tokens.append(Token(Kind.END, "", Place(line, position - line_start + 1)))
    return tokens


def _refuse_unfinished(kind: Kind, text: str, position: int, place: Place, path: str) -> None:
    """A mark that opens something which never closes is told where it stands, not where the parser stumbles."""
    if kind is not Kind.MARK:
        return
    if text.startswith("%{", position):
        raise ScriptError(msg("this block of code has no closing }%"), place, path=path)
    if text.startswith("/*", position):
        raise ScriptError(msg("this comment has no closing */"), place, path=path)
    if (reason := _UNFINISHED.get(text[position])) is not None:
        raise ScriptError(reason, place, path=path)
