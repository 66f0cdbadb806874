"""A rehearsal as text: what it shows, the connection, what happened, the findings of its capture, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from estab.diagnose.finding import Severity
from estab.instant import format_duration
from estab.report import words
from estab.report.connection_text import connection_text
from estab.report.diagnosis_text import diagnosis_text
from estab.report.painter import Style
from estab.report.rehearsal import Rehearsal, SeenAtHost
from estab.report.view import INDENT, Layout, label_width
from estab.text import Text, format_count, msg
from estab.typeset import hang, pad, width_of, wrap

LOOK, RAN, RESULT, FOUND, STATES, CHECK = LABELS = (
    msg("Look"),
    msg("Ran"),
    msg("Result"),
    msg("Found"),
    msg("States"),
    msg("Check"),
)
TIME_WIDTH = 12
DISAGREEMENTS_SHOWN = 8


def rehearsal_text(rehearsal: Rehearsal, layout: Layout, *, ladder: bool = False, timeline: bool = False) -> str:
    """The report; ends with a newline."""
    parts = ["".join(f"{line.rstrip()}\n" for line in _head(rehearsal, layout))]
    if timeline:
        parts.append("".join(f"{line.rstrip()}\n" for line in _timeline(rehearsal, layout)))
    if rehearsal.analysis.connections.count and rehearsal.keeper.packets:
        row = rehearsal.keeper.connection
        parts.append(connection_text(rehearsal.analysis, row, rehearsal.keeper, layout, with_ladder=ladder))
    parts.append(diagnosis_text(rehearsal.analysis, layout))
    if rehearsal.hosts is not None:
        parts.append("".join(f"{line.rstrip()}\n" for line in _hosts(rehearsal.hosts, layout)))
    parts.append("".join(f"{line.rstrip()}\n" for line in verdict_lines(rehearsal, layout)))
    return "\n".join(parts)


def _say(text: Text | str, layout: Layout) -> str:
    return text if isinstance(text, str) else layout.translator(text)


def _head(rehearsal: Rehearsal, layout: Layout) -> Iterator[str]:
    tr = layout.translator
    name_width = width_of(rehearsal.name) + 3
    title = hang(rehearsal.name, _say(rehearsal.title, layout), indent=0, label_width=name_width, width=layout.width)
    yield from (layout.painter(line, Style.STRONG) for line in title)
    yield from (" " * INDENT + line for line in wrap(_say(rehearsal.paragraph, layout), layout.width - INDENT))
    room = label_width(LABELS, tr)
    for number, look in enumerate(rehearsal.look):
        label = tr(LOOK) if number == 0 else ""
        yield from hang(label, _say(look, layout), indent=INDENT, label_width=room, width=layout.width)
    ran = msg(
        "{virtual} of virtual time, {packets} packets on links, seed {seed}",
        virtual=format_duration(rehearsal.virtual_ns),
        packets=format_count(rehearsal.packets),
        seed=rehearsal.seed,
    )
    yield from hang(tr(RAN), tr(ran), indent=INDENT, label_width=room, width=layout.width)
    for number, (name, value) in enumerate(rehearsal.results.items()):
        label = tr(RESULT) if number == 0 else ""
        yield from hang(label, f"{name}: {value}", indent=INDENT, label_width=room, width=layout.width)


def _timeline(rehearsal: Rehearsal, layout: Layout) -> Iterator[str]:
    """One line for each record: seconds, where, what."""
    widest = max((width_of(record.where) for record in rehearsal.timeline), default=0)
    lead = " " * (TIME_WIDTH + 2 + widest + 2)
    for record in rehearsal.timeline:
        first, *others = wrap(_say(record.told, layout), max(20, layout.width - width_of(lead)))
        yield f"{layout.painter(record.seconds.rjust(TIME_WIDTH), Style.FAINT)}  {pad(record.where, widest)}  {first}"
        yield from (lead + other for other in others)


def _hosts(seen: Sequence[SeenAtHost], layout: Layout) -> Iterator[str]:
    """What `estab diagnose` says at each host, and when; notes where they are asked for."""
    tr, paint = layout.translator, layout.painter
    shown = [one for one in seen if layout.notes or one.finding.severity > Severity.INFO]
    yield paint(tr(msg("at the hosts, as estab diagnose sees them from there")), Style.STRONG)
    if not shown:
        yield from (" " * INDENT + line for line in wrap(tr(msg("no warning")), layout.width - INDENT))
    for one in shown:
        word = paint(tr(words.SEVERITY_WORDS[one.finding.severity]), words.SEVERITY_STYLES[one.finding.severity])
        when = msg("{first} to {last}", first=format_duration(one.first_ns), last=format_duration(one.last_ns))
        yield f"{' ' * INDENT}{one.host}  {tr(when)}  {word}  {one.finding.code}"
        yield from (" " * 2 * INDENT + line for line in wrap(tr(one.finding.summary), layout.width - 2 * INDENT))


def verdict_lines(rehearsal: Rehearsal, layout: Layout) -> Iterator[str]:
    """What was found against what was expected, and whether observer and ends agreed."""
    tr, room = layout.translator, label_width(LABELS, layout.translator)
    good, bad = Style.GOOD, Style.WARNING

    def told(label: Text, text: Text, style: Style) -> Iterator[str]:
        lines = hang(tr(label), tr(text), indent=INDENT, label_width=room, width=layout.width)
        return (layout.painter(line, style) for line in lines)

    codes, expected = _spelled(rehearsal.codes), rehearsal.expected
    if expected is None:
        yield from told(FOUND, msg("{codes}; with settings of your own nothing is expected", codes=codes), good)
    elif rehearsal.codes == expected:
        yield from told(FOUND, msg("{codes}, as expected", codes=codes), good)
    else:
        yield from told(FOUND, msg("{codes}; expected {expected}", codes=codes, expected=_spelled(expected)), bad)
    count = len(rehearsal.disagreements)
    if count:
        yield from told(
            STATES,
            msg(
                "{count} of {all} true states are missing in the tracker's sets",
                "{count} of {all} true states is missing in the tracker's sets",
                count=count,
                all=rehearsal.compared,
            ),
            bad,
        )
        yield from (" " * (INDENT + room) + line for line in rehearsal.disagreements[:DISAGREEMENTS_SHOWN])
    else:
        said = msg("at {count} comparisons the true state of an end stood in the tracker's set", count=format_count(rehearsal.compared))
        yield from told(STATES, said, good)
    if rehearsal.problem:
        yield from told(CHECK, msg("fails: {problem}", problem=rehearsal.problem), bad)
    elif expected is not None:
        yield from told(CHECK, msg("what the scenario asserts holds"), good)


def _spelled(codes: Iterable[str]) -> Text | str:
    return ", ".join(sorted(codes)) or msg("no warning")
