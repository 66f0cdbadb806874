"""From the text of a script to its value: options, setup, events, cleanup.

A recursive descent over the tokens.  Every error names file, line and column and says what was expected there.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from estab.drill.cursor import Cursor
from estab.drill.packets import parse_packet
from estab.drill.script import (
    Action,
    CallAction,
    CodeAction,
    Direction,
    Event,
    Option,
    PacketAction,
    Script,
    ShellAction,
    TimeKind,
    When,
)
from estab.drill.source import Place
from estab.drill.tokens import Kind, tokenize
from estab.drill.values import parse_value, parse_values
from estab.instant import SECOND_NS
from estab.text import msg

_NO_WORDS: Mapping[str, str] = {}


def parse_script(text: str, path: str = "script", defines: Mapping[str, str] = _NO_WORDS) -> Script:
    """The script; raises ScriptError where it breaks the language.  `defines` gives values to words, as `--define=WORD=value` does.

    >>> parse_script("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3").events[0].action.name
    'socket'
    """
    tokens = tokenize(text, path)
    head = Cursor(tokens, path, _NO_WORDS)
    options = _parse_options(head)
    own = dict(_definition(option.value or "") for option in options if option.name == "define")
    cursor = Cursor(tokens, path, {**defines, **own})
    for _ in options:
        cursor.take()
    setup_place = cursor.peek().place
    setup = _parse_untimed(cursor)
    lines = text.splitlines()
    events: list[Event] = []
    while cursor.peek().kind not in {Kind.END, Kind.SHELL}:
        events.append(_parse_event(cursor, lines))
    cleanup = _parse_untimed(cursor)
    if cursor.peek().kind is not Kind.END:
        raise cursor.refusal(msg("behind a command without a time the script must end: this is its cleanup"))
    if not events:
        raise cursor.refusal(msg("the script has no event"))
    return Script(path=path, options=tuple(options), setup=setup, setup_place=setup_place, events=tuple(events), cleanup=cleanup)


def _parse_options(cursor: Cursor) -> list[Option]:
    options: list[Option] = []
    while cursor.peek().kind is Kind.OPTION:
        token = cursor.take()
        name, equals, value = token.text.removeprefix("--").partition("=")
        options.append(Option(name, value.strip('"') if equals else None, token.place))
    return options


def _definition(text: str) -> tuple[str, str]:
    word, _, value = text.partition("=")
    return word, value


def _parse_untimed(cursor: Cursor) -> ShellAction | None:
    return ShellAction(cursor.take().text) if cursor.peek().kind is Kind.SHELL else None


def _parse_event(cursor: Cursor, lines: list[str]) -> Event:
    first = cursor.peek()
    when = _parse_when(cursor)
    action = _parse_action(cursor)
    outbound = isinstance(action, PacketAction) and action.direction is Direction.OUT
    if when.kind is TimeKind.ANY and not outbound:
        raise cursor.refusal(msg("only a packet that the TCP sends may come at any time (*)"), first.place)
    if when.until_ns is not None and not outbound:
        raise cursor.refusal(msg("only a packet that the TCP sends may have a range of times"), first.place)
    return Event(first.place, when, action, _spelled(lines, first.place, cursor.peek().place))


def _spelled(lines: list[str], first: Place, following: Place) -> str:
    """The lines of an event as they stand, without comments that follow it, shortened to a few."""
    last = first.line if following.line == first.line else max(first.line, following.line - 1)
    kept = [line.split("//")[0].strip() for line in lines[first.line - 1 : last]]
    return " ".join(line for line in kept if line)


def _parse_when(cursor: Cursor) -> When:
    if cursor.skip("*"):
        return When(TimeKind.ANY)
    place = cursor.peek().place
    kind = TimeKind.RELATIVE if cursor.skip("+") else TimeKind.ABSOLUTE
    start_ns = _parse_time(cursor)
    until_ns = None
    if cursor.skip("~"):
        if kind is TimeKind.RELATIVE:
            cursor.expect("+")
        until_ns = _parse_time(cursor)
        if until_ns < start_ns:
            raise cursor.refusal(msg("this range of times ends before it begins"), place)
    return When(kind, start_ns, until_ns)


def _parse_time(cursor: Cursor) -> int:
    """Seconds, exactly: a fraction of decimal digits is no float."""
    token = cursor.peek()
    if token.kind not in {Kind.INTEGER, Kind.FRACTION}:
        raise cursor.refusal(msg("expected a time in seconds here, not {found}", found=cursor.found()))
    cursor.take()
    return int(Decimal(token.text) * SECOND_NS)


def _parse_action(cursor: Cursor) -> Action:
    token = cursor.peek()
    if token.kind is Kind.SHELL:
        return ShellAction(cursor.take().text)
    if token.kind is Kind.CODE:
        return CodeAction(cursor.take().text)
    if cursor.at("<") or cursor.at(">"):
        return parse_packet(cursor)
    if token.kind is Kind.WORD or cursor.at("..."):
        return _parse_call(cursor)
    raise cursor.refusal(msg("expected a packet (< or >), a call, a command or code here, not {found}", found=cursor.found()))


def _parse_call(cursor: Cursor) -> CallAction:
    until_ns = _parse_time(cursor) if cursor.skip("...") else None
    name = cursor.word(msg("the name of a call"))
    cursor.expect("(")
    arguments = parse_values(cursor, ")")
    cursor.expect("=")
    result = parse_value(cursor)
    errno = cursor.take().text if cursor.peek().kind is Kind.WORD else None
    return CallAction(name=name, arguments=arguments, result=result, errno=errno, note=_parse_note(cursor), until_ns=until_ns)


def _parse_note(cursor: Cursor) -> str | None:
    """What an error means, or a number stands for: words in brackets that nobody checks."""
    if not cursor.skip("("):
        return None
    words: list[str] = []
    while not cursor.at(")"):
        if cursor.peek().kind is Kind.END:
            cursor.expect(")")
        words.append(cursor.take().text)
    cursor.take()
    return " ".join(words)
