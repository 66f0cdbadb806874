"""Values as people write them in a filter: states, durations, sizes, addresses and networks.

Each reader raises ValueError with a Text that says what was expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from estab.errors import MisuseError
from estab.flow import Words, parse_address
from estab.instant import MILLISECOND_NS, parse_duration
from estab.machine.states import State
from estab.snapshot import TimerKind
from estab.text import Text, msg

_PLAIN = re.compile(r"[^a-z0-9]")
_STATES = {_PLAIN.sub("", state.label.lower()): state for state in State} | {
    "estab": State.ESTABLISHED,
    "synrecv": State.SYN_RECEIVED,
    "unconn": State.CLOSED,
    "close": State.CLOSED,
}
"""Spellings of the RFC, of ss and of netstat, without marks and case."""

TIMERS = {
    "none": TimerKind.NONE, "retransmit": TimerKind.RETRANSMIT, "keepalive": TimerKind.KEEPALIVE, "time-wait": TimerKind.TIME_WAIT,
    "persist": TimerKind.PERSIST,
}  # fmt: skip
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<prefix>[kKMGT]?)(?P<binary>i?)B?")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}


class LiteralError(ValueError):
    """A value that cannot be read; `said` is what a person is told."""

    def __init__(self, said: Text) -> None:
        self.said = said
        super().__init__(str(said))


def read_state(text: str) -> State:
    """A state in any usual spelling.

    >>> read_state("CLOSE_WAIT").label, read_state("estab").label, read_state("FinWait1").label
    ('CLOSE-WAIT', 'ESTABLISHED', 'FIN-WAIT-1')
    """
    state = _STATES.get(_PLAIN.sub("", text.lower()))
    if state is None:
        raise LiteralError(msg("no such state: {name}; there are {names}", name=text, names=", ".join(one.label for one in State)))
    return state


def read_timer(text: str) -> TimerKind:
    """A timer by its name."""
    timer = TIMERS.get(text.lower().replace("timewait", "time-wait").replace("_", "-"))
    if timer is None:
        raise LiteralError(msg("no such timer: {name}; there are {names}", name=text, names=", ".join(TIMERS)))
    return timer


def read_duration_us(text: str) -> float:
    """Microseconds of `250ms`, `5s`, `2min`; a bare number is seconds.

    >>> read_duration_us("1.5ms")
    1500.0
    """
    try:
        return parse_duration(text) / MILLISECOND_NS * 1000
    except MisuseError:
        raise LiteralError(msg("{text} is no duration; write for example 250ms, 5s or 2min", text=text)) from None


def read_number(text: str) -> int:
    """A whole number."""
    try:
        return int(text, 10)
    except ValueError:
        raise LiteralError(msg("{text} is no whole number", text=text)) from None


def read_size(text: str) -> float:
    """Bytes of `1448`, `64k` (64,000), `64Ki` or `64KiB` (65,536).

    >>> read_size("64k"), read_size("1.5MiB")
    (64000.0, 1572864.0)
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise LiteralError(msg("{text} is no number of bytes; write for example 1448, 64k or 64KiB", text=text))
    unit: int = (1024 if match["binary"] else 1000) ** _POWERS[match["prefix"]]
    return float(match["number"]) * unit


@dataclass(frozen=True, slots=True)
class Network:
    """Addresses that agree with `words` where `mask` has ones, and a port where one is given."""

    words: Words
    mask: Words
    port: int | None = None


_WHOLE = 0xFFFF_FFFF


def read_network(text: str) -> Network:
    """An address, a network, or either with a port: `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:80`, `[2001:db8::1]:80`, `2001:db8::/32`.

    >>> read_network("10.0.0.0/8").mask
    (4294967295, 4294967295, 4294967295, 4278190080)
    """
    address, port = _split(text)
    host, slash, prefix = address.partition("/")
    try:
        words = parse_address(host)
    except ValueError:
        raise LiteralError(_no_address(text)) from None
    bits = 128
    if slash:
        most = 128 if ":" in host else 32
        if not prefix.isascii() or not prefix.isdigit() or int(prefix) > most:
            raise LiteralError(_no_address(text))
        bits = int(prefix) + 128 - most
    mask = ((1 << bits) - 1) << (128 - bits)
    parts = [mask >> shift & _WHOLE for shift in (96, 64, 32, 0)]
    masked = tuple(word & part for word, part in zip(words, parts, strict=True))
    return Network(masked, tuple(parts), port)  # type: ignore[arg-type]


def _no_address(text: str) -> Text:
    return msg("{text} is no address; write for example 10.0.0.1, 10.0.0.0/8, 10.0.0.1:80 or [2001:db8::1]:80", text=text)


def _split(text: str) -> tuple[str, int | None]:
    """Address or network, and port."""
    address, port = text, ""
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        if rest and not rest.startswith((":", "/")):
            raise LiteralError(_no_address(text))
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    return address, read_port(port) if port else None


def read_port(text: str) -> int:
    """A port."""
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise LiteralError(msg("{text} is no port", text=text))
    return int(text)


def read_pattern(text: str) -> re.Pattern[str]:
    """A regular expression."""
    try:
        return re.compile(text)
    except re.error as problem:
        raise LiteralError(msg("{text} is no regular expression: {reason}", text=text, reason=problem.msg)) from None
