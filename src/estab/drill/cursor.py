"""A place in a row of tokens: looking ahead, taking, and saying what was expected instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from estab.drill.source import Place, ScriptError
from estab.drill.tokens import Kind, Token
from estab.text import Text, msg


class Cursor:
    """Reads tokens from left to right.

    `defines` are the script's own words: where a token spells one, its value is read instead.
    """

    def __init__(self, tokens: Sequence[Token], path: str, defines: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._index = 0
        self._defines = defines
        self.path = path

    def peek(self, ahead: int = 0) -> Token:
        """The token that comes next (or later), the END at the end for ever."""
        token = self._tokens[min(self._index + ahead, len(self._tokens) - 1)]
        if token.kind is Kind.WORD and (value := self._defines.get(token.text)) is not None:
            return _defined(token, value)
        return token

    def take(self) -> Token:
        """The next token, which is then behind."""
        token = self.peek()
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def at(self, *texts: str) -> bool:
        """True where the next tokens are these marks or words."""
        return all(self.peek(ahead).text == text and self.peek(ahead).kind in _PLAIN for ahead, text in enumerate(texts))

    def skip(self, text: str) -> bool:
        """Takes this mark or word if it comes next."""
        if self.at(text):
            self.take()
            return True
        return False

    def expect(self, text: str) -> Token:
        """Takes this mark or word; anything else is an error."""
        if not self.at(text):
            raise self.refusal(msg('expected "{wanted}" here, not {found}', wanted=text, found=self.found()))
        return self.take()

    def integer(self, what: Text, low: int = 0, high: int = 2**32 - 1) -> int:
        """An integer within bounds; `what` names it in the error."""
        token = self.peek()
        if token.kind is not Kind.INTEGER:
            raise self.refusal(msg("expected {what} here, not {found}", what=what, found=self.found()))
        value = int(token.text)
        if not low <= value <= high:
            raise self.refusal(msg("{what} must lie between {low} and {high}, not be {value}", what=what, low=low, high=high, value=value))
        self.take()
        return value

    def word(self, what: Text) -> str:
        """A word; `what` names it in the error."""
        if self.peek().kind is not Kind.WORD:
            raise self.refusal(msg("expected {what} here, not {found}", what=what, found=self.found()))
        return self.take().text

    def found(self) -> Text | str:
        """The next token as an error tells it."""
        token = self.peek()
        return msg("the end of the script") if token.kind is Kind.END else f'"{token.text}"'

    def refusal(self, reason: Text, place: Place | None = None) -> ScriptError:
        """The error at the next token, or at a place; for the caller to raise."""
        return ScriptError(reason, place or self.peek().place, path=self.path)


_PLAIN = frozenset({Kind.WORD, Kind.MARK})


def _defined(token: Token, value: str) -> Token:
    """The token that a defined word stands for."""
    kind = Kind.WORD
    if value[:1] == '"':
        kind, value = Kind.STRING, value[1:-1]
    elif value[:1] == "`":
        kind, value = Kind.SHELL, value[1:-1]
    elif value.isdecimal():
        kind = Kind.INTEGER
    return Token(kind, value, token.place, token.follows_space)
