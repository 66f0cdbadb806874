"""One finding as text, and what was checked: what reports on captures and on hosts share."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from estab.diagnose.finding import AbsenceEvidence, Evidence, Finding, PacketsEvidence, Remedy, RemedyScope, Severity, SnapshotEvidence
from estab.report import words
from estab.report.painter import Style
from estab.report.view import INDENT, Layout, label_width
from estab.text import Text, Translator, format_count, msg
from estab.typeset import ends, hang, pad, width_of, wrap, wrap_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from estab.diagnose.run import Diagnosis

GAP = 2
FRAMES_SHOWN = 6
LINE_WITHOUT_END = 100_000

HIT, EVIDENCE, WHY, NOT, DO, DO_NOT, LOOK = LABELS = (
    msg("Hit"),
    msg("Evidence"),
    msg("Why"),
    msg("Not"),
    msg("Do"),
    msg("Do not"),
    msg("Look"),
)


def finding_lines(
    finding: Finding, layout: Layout, look: list[str], *, knows_settings: bool = False, seen_at: str | None = None
) -> list[str]:
    """The lines of a finding; `look` are commands and filters for more.

    `knows_settings`: an undo is what the setting was.  `seen_at`: the interface whose packets were seen and not kept, so that numbers
    of packets would lead nowhere.
    """
    tr = layout.translator
    lines = title_lines(finding, layout)
    lines += [" " * INDENT + line for line in wrap(tr(finding.summary), layout.width - INDENT)]
    evidence = [_evidence(one, tr, seen_at=seen_at) for one in finding.evidence]
    return lines + list(_field_lines(finding, evidence, layout, look, knows_settings=knows_settings))


def title_lines(finding: Finding, layout: Layout) -> list[str]:
    """Severity, title and code."""
    tr, paint = layout.translator, layout.painter
    word = tr(words.SEVERITY_WORDS[finding.severity])
    title = f"{word}  {tr(finding.title)}"
    if width_of(title) + 2 + width_of(finding.code) <= layout.width:
        lines = ends(title, finding.code, layout.width)
    else:
        first, *others = wrap(tr(finding.title), layout.width - width_of(word) - 2)
        lines = [f"{word}  {first}", *(" " * (width_of(word) + 2) + line for line in others)]
        lines += [pad(finding.code, layout.width, right=True)]
    lines[0] = lines[0].replace(word, paint(word, words.SEVERITY_STYLES[finding.severity]), 1)
    return [line.replace(finding.code, paint(finding.code, Style.CODE)) for line in lines]


def _field_lines(finding: Finding, evidence: list[str], layout: Layout, look: list[str], *, knows_settings: bool) -> Iterator[str]:
    tr = layout.translator
    if finding.hit is not None:
        yield from _labelled(HIT, [tr(finding.hit)], layout)
    yield from _labelled(EVIDENCE, evidence, layout)
    yield from _labelled(WHY, [tr(finding.cause)], layout)
    if finding.ruled_out:
        yield from _labelled(
            NOT, [tr(msg("{code}: {because}", code=other.code, because=other.because)) for other in finding.ruled_out], layout
        )
    if finding.remedy:
        yield from _remedy_lines(finding, layout, knows_settings=knows_settings)
    if finding.do_not:
        yield from _labelled(DO_NOT, [tr(advice.text) for advice in finding.do_not], layout)
    # Commands and filters are there to be copied: they are never broken into lines.
    yield from _labelled(LOOK, look, replace(layout, width=LINE_WITHOUT_END))


def _labelled(label: Text, texts: list[str], layout: Layout) -> Iterator[str]:
    """Texts behind one label, each beginning a line."""
    tr, room = layout.translator, label_width(LABELS, layout.translator)
    said = tr(label)
    for number, text in enumerate(texts):
        first, *others = hang(said if number == 0 else "", text, indent=INDENT, label_width=room, width=layout.width)
        yield first.replace(said, layout.painter(said, Style.FAINT), 1) if number == 0 else first
        yield from others


def _evidence(evidence: Evidence, tr: Translator, *, seen_at: str | None = None) -> str:
    """The text, and where to find it."""
    text = tr(evidence.text)
    if isinstance(evidence, PacketsEvidence | AbsenceEvidence) and seen_at is not None:
        return tr(msg("{text} (packets at {interface})", text=text, interface=seen_at))
    if isinstance(evidence, PacketsEvidence) and len(evidence.frames) == 1:
        return tr(
            msg("{text} (connection {connection}: packet {frame})", text=text, connection=evidence.connection, frame=evidence.frames[0])
        )
    if isinstance(evidence, PacketsEvidence) and evidence.frames:
        shown = ", ".join(map(str, evidence.frames[:FRAMES_SHOWN])) + (", …" if len(evidence.frames) > FRAMES_SHOWN else "")
        return tr(msg("{text} (connection {connection}: packets {frames})", text=text, connection=evidence.connection, frames=shown))
    if isinstance(evidence, SnapshotEvidence) and str(evidence.socket) not in text:
        return tr(msg("{text} ({socket})", text=text, socket=str(evidence.socket)))
    if isinstance(evidence, PacketsEvidence | AbsenceEvidence):
        return tr(msg("{text} (connection {connection})", text=text, connection=evidence.connection))
    return text


def _remedy_lines(finding: Finding, layout: Layout, *, knows_settings: bool) -> Iterator[str]:
    tr = layout.translator
    scopes = [tr(words.SCOPE_WORDS[remedy.scope]) for remedy in finding.remedy]
    scope_width = max(map(width_of, scopes)) + GAP
    room = label_width(LABELS, tr)
    for number, (remedy, scope) in enumerate(zip(finding.remedy, scopes, strict=True), 1):
        label = tr(DO) if number == 1 else ""
        lead = f"{pad(label, room)}{number} {pad(scope, scope_width)}"
        lines: list[str] = []
        for part in _remedy(remedy, tr, knows_settings=knows_settings):
            lines += hang("" if lines else lead, part, indent=INDENT, label_width=width_of(lead), width=layout.width)
        if label:
            lines[0] = lines[0].replace(label, layout.painter(label, Style.FAINT), 1)
        yield from lines


SYSTEM_SCOPES = frozenset({RemedyScope.KERNEL, RemedyScope.HOST})


def _remedy(remedy: Remedy, tr: Translator, *, knows_settings: bool) -> list[str]:
    """What to do; then, each on its own line, the settings with their undo, for which systems, and what to mind.

    A capture does not show what a setting is now: the undo is to write back what was read before, not what is usual.  A host does.
    """
    parts = [tr(remedy.text)]
    parts += [f"{knob} → {value}" if remedy.scope in SYSTEM_SCOPES else f"{knob} {value}" for knob, value in remedy.set.items()]
    if remedy.scope in SYSTEM_SCOPES:
        for knob, usual in remedy.undo.items():
            if knows_settings:
                parts.append(tr(msg("undo: {command}", command=f"sysctl -w {knob}={shlex.quote(str(usual))}")))
                continue
            values = {"command": f"sysctl {knob}", "usual": usual if usual != "" else '""'}
            parts.append(tr(msg("undo: write back what `{command}` says now (usual: {usual})", **values)))
    if remedy.valid:
        parts.append(tr(msg("valid for {systems}", systems=remedy.valid)))
    if remedy.expect:
        parts.append(tr(msg("it helped when {counter} stands still", counter=remedy.expect)))
    if remedy.caution is not None:
        parts.append(tr(msg("mind: {caution}", caution=remedy.caution)))
    return parts


def footer_lines(diagnosis: Diagnosis, nothing_wrong: Text, layout: Layout) -> list[str]:
    """How many findings there are and what was checked, the good news in its colour."""
    good = layout.translator(nothing_wrong)
    return [line.replace(good, layout.painter(good, Style.GOOD), 1) for line in _footer_lines(diagnosis, nothing_wrong, layout)]


def _footer_lines(diagnosis: Diagnosis, nothing_wrong: Text, layout: Layout) -> list[str]:
    tr = layout.translator
    counts = {severity: diagnosis.count(severity) for severity in Severity}
    could_not = len(diagnosis.not_run)
    ran = (
        msg("1 rule ran")
        if diagnosis.rules_ran == 1
        else msg("{count} rules ran", "{count} rule ran", count=format_count(diagnosis.rules_ran))
    )
    checked = tr(ran)
    if could_not:
        hint = "" if layout.why else " (--why)"
        checked = tr(msg("{ran}, {count} could not{hint}", ran=ran, count=could_not, hint=hint))
    notes = counts[Severity.INFO]
    if not counts[Severity.CRITICAL] and not counts[Severity.WARNING]:
        parts = [tr(nothing_wrong)]
    else:
        critical, warnings = counts[Severity.CRITICAL], counts[Severity.WARNING]
        parts = [
            tr(msg("{count} critical", count=critical)),
            tr(msg("1 warning") if warnings == 1 else msg("{count} warnings", "{count} warning", count=warnings)),
        ]
    if notes:
        said = tr(msg("1 note") if notes == 1 else msg("{count} notes", "{count} note", count=notes))
        shown_by = msg("{notes} (-v shows it)", notes=said) if notes == 1 else msg("{notes} (-v shows them)", notes=said)
        parts.append(said if layout.notes else tr(shown_by))
    return wrap_parts([*parts, checked], layout.width)


def not_run_lines(diagnosis: Diagnosis, layout: Layout) -> list[str]:
    """Each reason once, with the rules that have it."""
    tr = layout.translator
    reasons: dict[str, list[str]] = {}
    for entry in diagnosis.not_run:
        reasons.setdefault(tr(entry.why), []).append(entry.code)
    lines = []
    for why, codes in reasons.items():
        lines += ["", *wrap(tr(msg("Not run: {why}", why=why)), layout.width)]
        lines += [" " * INDENT + line for line in wrap(" ".join(sorted(codes)), layout.width - INDENT)]
    return lines


def shown_findings(diagnosis: Diagnosis, layout: Layout) -> tuple[list[Finding], list[str]]:
    """The findings that are shown, and the line about those that are not (with an empty one behind it)."""
    shown = [finding for finding in diagnosis.findings if layout.notes or finding.severity > Severity.INFO]
    left_out = 0 if layout.most is None else max(0, len(shown) - layout.most)
    if not left_out:
        return shown, []
    one = msg("1 more finding is not shown (--top)")
    said = one if left_out == 1 else msg("{count} more findings are not shown (--top)", count=left_out)
    return shown[: layout.most], [layout.translator(said), ""]
