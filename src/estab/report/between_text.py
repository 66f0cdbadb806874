"""What happened between two readings of a host, as lines: how many connections were opened and ended, where and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from estab.diagnose.between import Between, EndedPlace, Ending
from estab.report.model import HostAnalysis
from estab.snapshot import Owner
from estab.text import Text, Translator, format_count, msg

PLACES_SHOWN, OPENERS_SHOWN = 3, 2
HOW = {
    Ending.IN_ORDER: msg("{count} in order"),
    Ending.CUT: msg("{count} cut by RST or given up"),
    Ending.ABORTED: msg("{count} aborted here"),
    Ending.REFUSED: msg("{count} refused"),
    Ending.UNANSWERED: msg("{count} without an answer"),
    Ending.FAILED: msg("{count} failed"),
}


def between_texts(analysis: HostAnalysis, tr: Translator) -> Iterator[str]:
    """A line on all of them, then one for each place where most ended; nothing where nothing ended."""
    between, facts = analysis.facts.between, analysis.facts
    if between is None or not between.count:
        return
    opened = facts.moved("Tcp.ActiveOpens", "Tcp.PassiveOpens")
    values = {
        "opened": format_count(opened),
        "ended": format_count(between.count),
        "pace": _pace(between.count / facts.interval_s),
        "hidden": format_count(int(between.in_no_table.sum())),
    }
    yield tr(msg("{opened} connections opened, {ended} ended ({pace} a second), {hidden} of these in neither reading", **values))
    places = between.places()
    for place in places[:PLACES_SHOWN]:
        yield _place(place, tr)
    if left := places[PLACES_SHOWN:]:
        ended = sum(sum(place.counts.values()) for place in left)
        yield tr(msg("{places} more places: {ended}", places=format_count(len(left)), ended=format_count(ended)))
    if between.heard.lost:
        yield tr(msg("more ended than could be heard"))


def _pace(per_s: float) -> str:
    return format_count(round(per_s)) if per_s >= 100 else f"{per_s:.2g}"


def _place(place: EndedPlace, tr: Translator) -> str:
    told: dict[str, object] = {
        "place": str(place.group),
        "how": ", ".join(tr(how_ended(how, count)) for how, count in place.counts.items()),
    }
    if place.openers:
        shown = ", ".join(spell_opener(owner) for owner, _ in place.openers[:OPENERS_SHOWN])
        more = len(place.openers) - OPENERS_SHOWN
        return tr(msg("to {place}: {how}; opened by {processes}", processes=shown + (f", … (+{more})" if more > 0 else ""), **told))
    return tr(msg("at {place}: {how}", **told) if place.group.inbound else msg("to {place}: {how}", **told))


def how_ended(how: Ending, count: int) -> Text:
    """So many that ended so."""
    return Text(HOW[how].message, {"count": format_count(count)})


def spell_opener(owner: Owner) -> str:
    """A process that connected."""
    return f"{owner.command}[{owner.pid}]"


def hidden_openers(between: Between) -> Text | None:
    """What of the openers could not be seen, where there is anything to be known of them."""
    if between.heard.unseen is None or not (between.in_no_table & ~between.inbound).any():
        return None
    return msg("which processes opened connections that are in neither reading: {reason}", reason=between.heard.unseen)


def unseen_texts(analysis: HostAnalysis) -> Iterable[Text | str]:
    """What could not be heard between the readings."""
    heard, between = analysis.facts.heard, analysis.facts.between
    if heard is not None and heard.deaf is not None:
        yield msg("which connections ended between the readings: {reason}", reason=heard.deaf)
    if between is not None and (hidden := hidden_openers(between)) is not None:
        yield hidden
