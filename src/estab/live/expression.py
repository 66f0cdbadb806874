"""Filters such as `state == CLOSE-WAIT and age > 1m`: what may be written, and the tree it becomes.

    filter      = part { ("or" | "||") part }
    part        = piece { ("and" | "&&") piece }
    piece       = ("not" | "!") piece | "(" filter ")" | comparison
    comparison  = field ("==" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~") value
                | field ["not"] "in" "(" value { "," value } ")"

A value is a word without spaces or a text in quotes.  What a field means and which values it takes is told by `fields`; every error names
the column at which it stands.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from estab.errors import MisuseError
from estab.live.literals import LiteralError
from estab.text import Text, msg


class Operator(enum.Enum):
    """How a field and its values are compared."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    MATCHES = "~"
    MATCHES_NOT = "!~"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field and the values it is compared with; of several one is enough."""

    field: str
    operator: Operator
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class Every:
    """What must all hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Of which one must hold."""

    parts: tuple[Node, ...]


Node = Comparison | Not | Every | Either

DEEPEST = 50
"""Levels of brackets that are followed."""

Resolve = Callable[[str], str | None]
"""The proper name of a field in any spelling; None for one that does not exist."""
ReadValue = Callable[[str, Operator, str], Any]
"""A value of a field as the operator needs it; raises LiteralError."""


class ExpressionError(MisuseError):
    """A filter that cannot be understood; `column` counts from 1."""

    def __init__(self, said: Text, column: int) -> None:
        self.column = column
        super().__init__(msg("filter, column {column}: {said}", column=column, said=said))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"[^"]*"|'[^']*')
      | (?P<sign>==|!=|<=|>=|!~|&&|\|\||[=<>~!(),])
      | (?P<word>[^\s()<>=!~,&|"']+)
    )""",
    re.VERBOSE,
)
_AND, _OR, _NOT, _IN = frozenset({"and", "&&"}), frozenset({"or", "||"}), frozenset({"not", "!"}), frozenset({"in"})
_SPELLED = {operator.value: operator for operator in Operator} | {"=": Operator.EQUAL}


def _tokens(text: str) -> list[_Token]:
    """The words and signs of a filter, and its end."""
    found: list[_Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            said = msg("a quote that does not end") if text[at] in "\"'" else msg("{sign} has no meaning here", sign=text[at])
            raise ExpressionError(said, at + 1)
        kind = match.lastgroup
        content = match[kind]
        found.append(_Token(kind, content[1:-1] if kind == "quoted" else content, match.start(kind) + 1))
        at = match.end()
    return [*found, _Token("end", "", len(text) + 1)]


def parse(text: str, resolve: Resolve, read_value: ReadValue) -> Node:
    """The tree of a filter; raises ExpressionError."""
    parser = _Parser(_tokens(text), resolve, read_value)
    node = parser.either(0)
    rest = parser.now
    if rest.kind != "end":
        raise ExpressionError(msg("expected and, or, or the end, not {word}", word=rest.text), rest.column)
    return node


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[_Token], resolve: Resolve, read_value: ReadValue) -> None:
        self._tokens, self._at = tokens, 0
        self._resolve, self._read_value = resolve, read_value

    @property
    def now(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self.now
        if token.kind != "end":
            self._at += 1
        return token

    def _takes(self, words: frozenset[str]) -> bool:
        """Whether the next token is one of these; it is passed then."""
        if self.now.kind != "quoted" and self.now.text.lower() in words:
            self._take()
            return True
        return False

    def either(self, depth: int) -> Node:
        parts = [self._every(depth)]
        while self._takes(_OR):
            parts.append(self._every(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _every(self, depth: int) -> Node:
        parts = [self._piece(depth)]
        while self._takes(_AND):
            parts.append(self._piece(depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _piece(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionError(msg("nested too deep"), self.now.column)
        if self._takes(_NOT):
            return Not(self._piece(depth + 1))
        opening = self.now
        if self._takes(frozenset("(")):
            node = self.either(depth + 1)
            if not self._takes(frozenset(")")):
                raise ExpressionError(msg("the bracket of column {column} is not closed", column=opening.column), self.now.column)
            return node
        return self._comparison()

    def _comparison(self) -> Node:
        token = self._take()
        if token.kind != "word":
            raise ExpressionError(_expected(msg("a field"), token), token.column)
        name = self._resolve(token.text)
        if name is None:
            raise ExpressionError(msg("no such field: {name}; estab sockets --fields lists them", name=token.text), token.column)
        sign = self.now
        if self._takes(_NOT):
            if not self._takes(_IN):
                raise ExpressionError(_expected(msg("in"), self.now), self.now.column)
            return Not(self._one_of(name))
        if self._takes(_IN):
            return self._one_of(name)
        operator = _SPELLED.get(sign.text) if sign.kind == "sign" else None
        if operator is None:
            raise ExpressionError(_expected(msg("a comparison such as == or >"), sign), sign.column)
        self._take()
        return Comparison(name, operator, (self._value(name, operator),))

    def _one_of(self, name: str) -> Node:
        if not self._takes(frozenset("(")):
            raise ExpressionError(_expected(msg("( behind in"), self.now), self.now.column)
        values = [self._value(name, Operator.EQUAL)]
        while self._takes(frozenset(",")):
            values.append(self._value(name, Operator.EQUAL))
        if not self._takes(frozenset(")")):
            raise ExpressionError(_expected(msg(", or )"), self.now), self.now.column)
        return Comparison(name, Operator.EQUAL, tuple(values))

    def _value(self, name: str, operator: Operator) -> Any:
        token = self._take()
        if token.kind not in {"word", "quoted"}:
            raise ExpressionError(_expected(msg("a value"), token), token.column)
        try:
            return self._read_value(name, operator, token.text)
        except LiteralError as problem:
            raise ExpressionError(problem.said, token.column) from None


def _expected(what: Text, token: _Token) -> Text:
    if token.kind == "end":
        return msg("expected {what}, but the filter ends here", what=what)
    return msg("expected {what}, not {word}", what=what, word=token.text)


def fields_of(node: Node) -> frozenset[str]:
    """The fields that a filter asks for."""
    match node:
        case Comparison(field=field):
            return frozenset({field})
        case Not(part=part):
            return fields_of(part)
        case Every(parts=parts) | Either(parts=parts):
            return frozenset[str]().union(*map(fields_of, parts))
