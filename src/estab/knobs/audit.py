"""Which settings of a host should change, and why: its values against `advice` and, where one is chosen, a purpose."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from estab.knobs.advice import ADVICE, Advice, Weight
from estab.knobs.catalog import KNOBS
from estab.knobs.declare import Knob, Scope
from estab.knobs.purposes import Aim, Purpose, Wish
from estab.text import Text, msg


class Reason(enum.Enum):
    """Why a setting is named, worst first."""

    DANGEROUS = Weight.DANGEROUS.value
    DOUBTFUL = Weight.DOUBTFUL.value
    PROFILE = msg("PROFILE")
    WITHOUT_EFFECT = Weight.WITHOUT_EFFECT.value


_REASONS = {Weight.DANGEROUS: Reason.DANGEROUS, Weight.DOUBTFUL: Reason.DOUBTFUL, Weight.WITHOUT_EFFECT: Reason.WITHOUT_EFFECT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One setting with its value now and the value it should have; `new` is None where there is nothing to set."""

    knob: Knob
    reason: Reason
    old: str
    new: str | None
    why: Text

    @property
    def undo(self) -> str:
        """The command that brings the old value back."""
        return f"sysctl -w {self.knob.kernel_path}={quoted(self.old)}"


def quoted(value: str) -> str:
    """A value as a shell takes it.

    >>> quoted("60"), quoted("4096 131072 6291456")
    ('60', "'4096 131072 6291456'")
    """
    return value if re.fullmatch(r"[\w.,:/-]+", value) else f"'{value}'"


def audit(values: Mapping[str, str], *, purpose: Purpose | None = None, listening: Collection[int] = ()) -> list[Recommendation]:
    """What should change, worst first; `values` are those of the host by short name, `listening` the ports of its listeners.

    A purpose has the last word on its own knobs.  A setting that the kernel does not have is passed over.  Before a range of ports is
    widened, the listeners' ports in it are reserved.
    """
    wishes = [] if purpose is None else [found for wish in purpose.wishes if (found := _wished(values, wish)) is not None]
    wishes = [*_reserved(values, wishes, listening), *wishes]
    chosen = {wish.knob for wish in purpose.wishes} if purpose is not None else set()
    judged = [
        Recommendation(knob=KNOBS[advice.knob], reason=_REASONS[advice.weight], old=values[advice.knob], new=advice.better, why=advice.why)
        for advice in ADVICE
        if _applies(values, advice) and not (advice.knob in chosen and _is_wished(wishes, advice))
    ]
    return sorted([*judged, *wishes], key=lambda one: list(Reason).index(one.reason))


def _is_wished(wishes: list[Recommendation], advice: Advice) -> bool:
    """Whether the purpose changes the same knob, so that one word is enough."""
    return any(wish.knob.name == advice.knob for wish in wishes)


def _applies(values: Mapping[str, str], advice: Advice) -> bool:
    number = _number(values, advice.knob, advice.place)
    if number is None or number not in advice.bad:
        return False
    others = ((_number(values, name, 0), span) for name, span in advice.also)
    return all(other is not None and other in span for other, span in others)


def _number(values: Mapping[str, str], name: str, place: int) -> int | None:
    words = values.get(name, "").split()
    return int(words[place]) if len(words) > place and words[place].lstrip("-").isdecimal() else None


def _wished(values: Mapping[str, str], wish: Wish) -> Recommendation | None:
    """The purpose's recommendation, where the present value is worse."""
    if wish.knob not in values or not _is_worse(values[wish.knob], wish):
        return None
    return Recommendation(knob=KNOBS[wish.knob], reason=Reason.PROFILE, old=values[wish.knob], new=wish.value, why=wish.why)


def _is_worse(now: str, wish: Wish) -> bool:
    if wish.aim is Aim.EXACTLY:
        return now != wish.value
    try:
        have, want = ([int(word) for word in text.split()] for text in (now, wish.value))
    except ValueError:
        return False
    if wish.aim is Aim.WIDER:
        return len(have) == 2 and have[1] - have[0] < want[1] - want[0]
    return have[0] < want[0] if wish.aim is Aim.AT_LEAST else have[0] > want[0]


def _reserved(values: Mapping[str, str], wishes: list[Recommendation], listening: Collection[int]) -> Iterator[Recommendation]:
    """Reserves the ports of listeners that a wider range would give away."""
    name = "ip_local_reserved_ports"
    for wish in wishes:
        if wish.knob.name != "ip_local_port_range" or wish.new is None or name not in values:
            continue
        (low, high), (old_low, old_high) = (map(int, text.split()) for text in (wish.new, wish.old))
        reserved = values[name]
        taken = _ports(reserved)
        exposed = sorted(port for port in set(listening) if low <= port <= high and not old_low <= port <= old_high and port not in taken)
        if exposed:
            yield Recommendation(
                knob=KNOBS[name],
                reason=Reason.PROFILE,
                old=reserved,
                new=",".join([*([reserved] if reserved else []), *map(str, exposed)]),
                why=msg("Listeners have these ports; without this an outgoing connection may take one while its listener is restarted."),
            )


def _ports(text: str) -> frozenset[int]:
    """The ports of `8080,9000-9002`."""
    ports: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal():
            ports |= set(range(int(first), int(last if last.isdecimal() else first) + 1))
    return frozenset(ports)


def lacking(values: Mapping[str, str], purpose: Purpose) -> list[Knob]:
    """Knobs of a purpose that this kernel, or this namespace, does not have."""
    return [KNOBS[wish.knob] for wish in purpose.wishes if wish.knob not in values]


def unusual(values: Mapping[str, str]) -> Iterator[tuple[Knob, str, str]]:
    """Settings that differ from Linux's default: the knob, the value, the default.  A default that depends on the host is passed over."""
    for name, value in values.items():
        knob = KNOBS.get(name)
        if knob is None or knob.scope not in {Scope.NAMESPACE, Scope.HOST} or knob.gone_since is not None:
            continue
        default = knob.linux
        if isinstance(default, int | str | tuple):
            spelled = " ".join(map(str, default)) if isinstance(default, tuple) else str(default)
            if spelled != value:
                yield knob, value, spelled
