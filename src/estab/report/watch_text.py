"""A watched host as text: the whole report once, then what changes; an interval without changes has no lines at all.

A finding that is new stands in full, one that changed or ended in a line or two.  Each block begins with the time of the reading that
showed it.
"""

from __future__ import annotations

from collections.abc import Sequence

from estab.diagnose.changes import Change, ChangeKind, FindingLog
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.gather import gather
from estab.instant import format_clock, format_duration
from estab.report.finding_text import title_lines
from estab.report.host_text import PACKETS, host_finding_lines, missing_packets
from estab.report.model import HostAnalysis
from estab.report.painter import Style
from estab.report.view import INDENT, Layout
from estab.text import Text, format_count, msg
from estab.typeset import wrap


def changes_text(analysis: HostAnalysis, changes: Sequence[Change], layout: Layout) -> str:
    """What an interval changed; empty where that is nothing.  Notes are left out unless they are asked for."""
    new = [change for change in changes if _is_shown(change.finding, layout) and _is_new(change, layout)]
    changed = [change for change in changes if change.kind is ChangeKind.CHANGED and _concerns(change, layout) and change not in new]
    ended = [change for change in changes if change.kind is ChangeKind.ENDED and _is_shown(change.finding, layout)]
    lines = [*_missing_lines(analysis, layout), *_new_lines(analysis, new, layout)]
    for change in changed:
        lines += ["", _head(analysis, _how_changed(change), layout), *title_lines(change.finding, layout)]
        lines += _indented(layout.translator(change.finding.summary), layout)
    for change in ended:
        lines += ["", _head(analysis, msg("ended, after {time}", time=format_duration(change.lasted_ns)), layout)]
        lines += title_lines(change.finding, layout)
        values = {"from": format_clock(change.since_ns), "to": format_clock(change.until_ns)}
        lines += _indented(layout.translator(msg("seen from {from} to {to} UTC", **values)), layout)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _missing_lines(analysis: HostAnalysis, layout: Layout) -> list[str]:
    """Packets that this interval lacks: what is said of it rests on fewer."""
    missing = missing_packets(analysis.packets) if analysis.packets is not None else []
    lines = []
    for text in missing:
        lines += ["", _head(analysis, PACKETS, layout), *_indented(layout.translator(text), layout)]
    return lines


def _is_new(change: Change, layout: Layout) -> bool:
    """Appeared; or was too slight to be shown and no longer is."""
    return change.kind is ChangeKind.APPEARED or (change.was is not None and not _is_shown(change.was, layout))


def _concerns(change: Change, layout: Layout) -> bool:
    """The reader saw it before, or sees it now."""
    return _is_shown(change.finding, layout) or (change.was is not None and _is_shown(change.was, layout))


def _is_shown(finding: Finding, layout: Layout) -> bool:
    return layout.notes or finding.severity > Severity.INFO


def _new_lines(analysis: HostAnalysis, new: Sequence[Change], layout: Layout) -> list[str]:
    """New findings in full; the tail of very many equal ones is gathered, as in the first report."""
    times = {id(change.finding): change.times for change in new}
    findings = gather(change.finding for change in new)
    lines: list[str] = []
    for finding in findings[: layout.most]:
        said = msg("again, time {count}", count=times[id(finding)]) if times.get(id(finding), 1) > 1 else msg("new")
        lines += ["", _head(analysis, said, layout), *host_finding_lines(analysis, finding, layout)]
    left_out = len(findings) - len(findings[: layout.most])
    if left_out:
        one = msg("1 more finding is not shown (--top)")
        lines += ["", layout.translator(one if left_out == 1 else msg("{count} more findings are not shown (--top)", count=left_out))]
    return lines


def _how_changed(change: Change) -> Text:
    was, now = change.was, change.finding
    assert was is not None
    if was.severity is not now.severity:
        return msg("worse") if now.severity > was.severity else msg("less severe")
    return msg("{count}, was {before}", count=format_count(now.count), before=format_count(was.count))


def _head(analysis: HostAnalysis, what: Text, layout: Layout) -> str:
    return layout.painter(f"{format_clock(analysis.host.taken_ns)} UTC  {layout.translator(what)}", Style.STRONG)


def _indented(text: str, layout: Layout) -> list[str]:
    return [" " * INDENT + line for line in wrap(text, layout.width - INDENT)]


def closing_text(log: FindingLog, intervals: int, lasted_ns: int, layout: Layout) -> str:
    """The last line: how long it was watched, and what is left."""
    values = {
        "time": format_duration(lasted_ns),
        "intervals": format_count(intervals),
        "appeared": format_count(log.appeared),
        "ended": format_count(log.ended),
        "left": format_count(log.standing),
    }
    if not intervals:
        said = msg("watched for {time}, which is no whole interval: nothing can be said", **values)
    elif not log.appeared:
        said = msg("watched for {time} ({intervals} intervals): no finding", **values)
    else:
        said = msg("watched for {time} ({intervals} intervals): {appeared} findings appeared, {ended} ended, {left} left", **values)
    return "\n" + "".join(f"{line}\n" for line in wrap(layout.translator(said), layout.width))
