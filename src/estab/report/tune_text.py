"""Settings of a host as text: what should change, why, for whom, and how it is undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from estab.knobs.audit import Reason, Recommendation, unusual
from estab.knobs.declare import Scope
from estab.report.painter import Style
from estab.report.view import INDENT, Layout, label_width
from estab.text import Text, format_count, msg
from estab.typeset import ends, hang, wrap

if TYPE_CHECKING:
    from estab.live.tuned import Tuned

WHY, SCOPE, VALID, CAUTION, UNDO, FIRST, HIDDEN = LABELS = (
    msg("Why"),
    msg("Scope"),
    msg("Valid"),
    msg("Caution"),
    msg("Undo"),
    msg("First"),
    msg("hidden"),
)
STYLES = {
    Reason.DANGEROUS: Style.CRITICAL,
    Reason.DOUBTFUL: Style.WARNING,
    Reason.PROFILE: Style.INFO,
    Reason.WITHOUT_EFFECT: Style.FAINT,
}


def tune_text(tuned: Tuned, layout: Layout) -> str:
    """The audit; ends with a newline."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(tuned, layout))


def _lines(tuned: Tuned, layout: Layout) -> Iterator[str]:
    tr, paint = layout.translator, layout.painter
    yield from _head(tuned, layout)
    for one in tuned.recommendations:
        yield ""
        yield from recommendation_lines(one, layout)
    yield ""
    if not tuned.recommendations:
        yield from wrap(tr(msg("No setting is known to do harm, and none is without effect.")), layout.width)
    if tuned.lacking:
        names = ", ".join(knob.name for knob in tuned.lacking)
        yield from wrap(tr(msg("This kernel, or this namespace, does not have: {names}.", names=names)), layout.width)
    differing = [f"{knob.name} = {value} ({default})" for knob, value, default in unusual(tuned.host.knobs)]
    if differing and layout.notes:
        yield from wrap(
            tr(msg("Different from Linux's own default (in brackets): {settings}.", settings=", ".join(differing))), layout.width
        )
    elif differing:
        yield from wrap(
            tr(
                msg(
                    "{count} settings differ from Linux's own defaults (-v shows them).",
                    "{count} setting differs from Linux's own default (-v shows it).",
                    count=len(differing),
                )
            ),
            layout.width,
        )
    if any(one.new is not None for one in tuned.recommendations):
        told = wrap(tr(msg("Nothing has been changed; --apply does it, one setting at a time.")), layout.width)
        yield from (paint(line, Style.FAINT) for line in told)


def _head(tuned: Tuned, layout: Layout) -> Iterator[str]:
    """Whose settings these are, and what could not be seen."""
    tr, host = layout.translator, tuned.host
    if tuned.namespace is not None and tuned.namespace.name:
        where = tr(msg("network namespace {name}", name=tuned.namespace.name))
    else:
        where = tr(msg("this host") if host.is_initial_namespace else msg("this network namespace"))
    count = tr(msg("{count} settings read", "{count} setting read", count=format_count(len(host.knobs))))
    first = ends(f"{where}   Linux {host.kernel}", count, layout.width)
    yield first[0].replace(where, layout.painter(where, Style.STRONG), 1)
    yield from first[1:]
    if tuned.purpose is not None:
        said = tr(msg("profile {name}: {title}", name=tuned.purpose.name, title=tuned.purpose.title))
        yield from (" " * INDENT + line for line in wrap(said, layout.width - INDENT))
        yield from hang(tr(FIRST), tr(tuned.purpose.first), indent=INDENT, label_width=label_width(LABELS, tr), width=layout.width)
    for name, reason in host.unseen.items():
        if name.startswith("knobs"):
            yield from hang(tr(HIDDEN), f"{name}: {tr(reason)}", indent=INDENT, label_width=label_width(LABELS, tr), width=layout.width)


def recommendation_lines(one: Recommendation, layout: Layout) -> Iterator[str]:
    """One setting: the value now and the better one, and everything that a person must know before changing it."""
    tr, paint = layout.translator, layout.painter
    word = tr(one.reason.value)
    change = f"{one.knob.kernel_path} = {one.old or '-'}" + ("" if one.new is None else f" → {one.new}")
    lines = hang(word, change, indent=0, label_width=label_width((one.reason.value,), tr), width=layout.width)
    yield lines[0].replace(word, paint(word, STYLES[one.reason]), 1)
    yield from lines[1:]
    told: list[tuple[Text, str]] = [(WHY, tr(one.why)), (SCOPE, scope_words(one, layout))]
    if one.new is not None:
        told += [(VALID, str(one.knob.valid))] if one.knob.valid is not None else []
        told += [(CAUTION, tr(one.knob.caution))] if one.knob.caution is not None else []
        told += [(UNDO, one.undo)]
    room = label_width(LABELS, tr)
    for label, text in told:
        yield from hang(tr(label), text, indent=INDENT, label_width=room, width=layout.width)


def scope_words(one: Recommendation, layout: Layout) -> str:
    """Whom a change touches, and from when on."""
    tr = layout.translator
    whom = one.knob.scope if one.knob.scope is Scope.HOST else Scope.NAMESPACE
    return tr(msg("{whom}; {when}", whom=whom.value, when=one.knob.takes_effect))
