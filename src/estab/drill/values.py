"""Values in the calls of a script: numbers, symbols, strings, lists and structs."""

from __future__ import annotations

import re

from estab.drill.cursor import Cursor
from estab.drill.script import AnyOf, Anything, Bytes, Fields, Items, Made, Name, Number, Value
from estab.drill.tokens import Kind
from estab.text import msg

_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"\0"}


def parse_value(cursor: Cursor) -> Value:
    """One value, with everything that `|` joins to it."""
    parts = [_parse_part(cursor)]
    while cursor.skip("|"):
        parts.append(_parse_part(cursor))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def parse_values(cursor: Cursor, closing: str) -> tuple[Value, ...]:
    """Values between commas up to the closing mark, which is taken."""
    if cursor.skip(closing):
        return ()
    values = [parse_value(cursor)]
    while cursor.skip(","):
        values.append(parse_value(cursor))
    cursor.expect(closing)
    return tuple(values)


def _parse_part(cursor: Cursor) -> Value:
    if cursor.skip("..."):
        return Anything()
    if cursor.skip("["):
        return Items(parse_values(cursor, "]"))
    if cursor.skip("{"):
        return _parse_struct(cursor)
    negative = cursor.skip("-")
    token = cursor.peek()
    match token.kind:
        case Kind.INTEGER:
            cursor.take()
            return Number(-int(token.text) if negative else int(token.text))
        case Kind.HEXADECIMAL:
            cursor.take()
            return Number(int(token.text, 16))
        case Kind.STRING if not negative:
            return _parse_string(cursor)
        case Kind.WORD if not negative:
            cursor.take()
            if cursor.peek().text == "(" and not cursor.peek().follows_space and cursor.skip("("):
                made = Made(token.text, parse_value(cursor))
                cursor.expect(")")
                return made
            return Name(token.text)
    raise cursor.refusal(msg("expected a value here, not {found}", found=cursor.found()))


def _parse_string(cursor: Cursor) -> Bytes:
    """One string, or several in a row."""
    value = b""
    while cursor.peek().kind is Kind.STRING:
        value += _ESCAPE.sub(_unescaped, cursor.take().text.encode())
    return Bytes(value, open_ended=cursor.skip("..."))


def _unescaped(found: re.Match[bytes]) -> bytes:
    what = found[1]
    return bytes([int(what[1:], 16)]) if what[:1] == b"x" and len(what) == 3 else _ESCAPED.get(what, what)


def _parse_struct(cursor: Cursor) -> Value:
    """What stands between curly brackets: fields with names, or a plain row."""
    if not (cursor.peek().kind is Kind.WORD and cursor.peek(1).text in {"=", "("}):
        return Items(parse_values(cursor, "}"))
    fields: dict[str, Value] = {}
    while not cursor.skip("}"):
        name = cursor.word(msg("the name of a field"))
        if cursor.skip("("):
            parse_values(cursor, ")")
        cursor.expect("=")
        fields[name] = parse_value(cursor)
        if not cursor.at("}"):
            cursor.expect(",")
    return Fields(fields)
