"""Advice about one pathology, and short ways to write it down.

Remedies stand in safe order: the application, one socket, the kernel, the host.  An undo is what the setting usually is; where a host was
read, its own value takes that place (`for_host`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.knobs.catalog import KNOBS, find_knob
from estab.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do, and what not."""

    remedy: tuple[Remedy, ...] = ()
    do_not: tuple[DoNot, ...] = ()


def application(text: Text, caution: Text | None = None) -> Remedy:
    """Something that the program's authors can do."""
    return Remedy(RemedyScope.APPLICATION, text, caution=caution)


def on_socket(text: Text, *, valid: Text | str | None = None, caution: Text | None = None) -> Remedy:
    """An option of one socket."""
    return Remedy(RemedyScope.SOCKET, text, valid=valid, caution=caution)


def on_host(text: Text, caution: Text | None = None) -> Remedy:
    """Something that is done on the host or on the way, without a setting."""
    return Remedy(RemedyScope.HOST, text, caution=caution)


def sysctl(
    name: str,
    value: int | str,
    text: Text,
    *,
    valid: Text | str | None = None,
    caution: Text | None = None,
    expect: str = "",
) -> Remedy:
    """A setting of the kernel, by its short name; the undo is its usual value."""
    knob = KNOBS[name]
    usual = " ".join(map(str, knob.linux)) if isinstance(knob.linux, tuple) else knob.linux if isinstance(knob.linux, int | str) else ""
    return Remedy(
        RemedyScope.KERNEL,
        text,
        set={knob.kernel_path: value},
        undo={knob.kernel_path: usual},
        valid=valid,
        caution=caution,
        expect=expect,
    )


def for_host(advice: Advice, now: Callable[[str], str | None]) -> Advice:
    """The advice for a host whose settings `now` tells by short names: the undo is what they are, what is set already is left out."""
    return replace(advice, remedy=tuple(kept for remedy in advice.remedy if (kept := _for_host(remedy, now)) is not None))


QUANTITIES = frozenset(
    {
        "tcp_syn_retries", "tcp_synack_retries", "tcp_retries2", "tcp_orphan_retries", "tcp_fin_timeout", "tcp_keepalive_time",
        "somaxconn", "tcp_max_tw_buckets", "tcp_fastopen_blackhole_timeout_sec",
    }
)  # fmt: skip
"""Settings that are more or less of something, so that one beyond what is advised is left alone."""
AS_IF = {("tcp_orphan_retries", 0): 8}
"""Values that stand for another one (net/ipv4/tcp_timer.c, tcp_orphan_retries)."""


def _is_beyond(name: str, usual: object, wanted: object, now: str) -> bool:
    """Whether a host has already gone further in the direction that is advised than the advice goes."""
    if name not in QUANTITIES or not isinstance(usual, int) or not isinstance(wanted, int) or not now.isdigit():
        return False
    usual, is_now = AS_IF.get((name, usual), usual), AS_IF.get((name, int(now)), int(now))
    return usual != wanted and (is_now < wanted) == (wanted < usual) and is_now != wanted


def _for_host(remedy: Remedy, now: Callable[[str], str | None]) -> Remedy | None:
    wanted, undo = {}, {}
    for path, value in remedy.set.items():
        knob = find_knob(path)
        read = now(knob.name) if knob is not None else None
        if read is None:
            wanted[path] = value
            if path in remedy.undo:
                undo[path] = remedy.undo[path]
            continue
        spaced = " ".join(read.split())
        if knob is not None and _is_beyond(knob.name, remedy.undo.get(path), value, spaced):
            continue
        if spaced != str(value):
            wanted[path], undo[path] = value, int(spaced) if spaced.lstrip("-").isdigit() else spaced
    if remedy.set and not wanted:
        return None
    return replace(remedy, set=wanted, undo=undo)
