"""A diagnosis of captures as text: what was read, the findings worst first, and what was checked."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from estab.diagnose.finding import Finding
from estab.report import words
from estab.report.finding_text import finding_lines, footer_lines, not_run_lines, shown_findings
from estab.report.model import Analysis
from estab.report.view import Layout, source_lines
from estab.text import Text, msg
from estab.wire.columns import Skipped

if TYPE_CHECKING:
    from collections.abc import Sequence

FILES_SPELLED = 3
"""As many captures are named one by one in a command that is there to be copied."""


def diagnosis_text(analysis: Analysis, layout: Layout) -> str:
    """The report; ends with a newline."""
    lines = [*source_lines(analysis, layout), ""]
    shown, left_out = shown_findings(analysis.diagnosis, layout)
    for finding in shown:
        lines += [*finding_lines(finding, layout, _where_to_look(analysis, finding)), ""]
    lines += left_out
    lines += footer_lines(analysis.diagnosis, _nothing_wrong(analysis), layout)
    if layout.why:
        lines += not_run_lines(analysis.diagnosis, layout)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _where_to_look(analysis: Analysis, finding: Finding) -> list[str]:
    lines = []
    files = spelled_files(analysis.capture.files)
    if finding.connections and files:
        lines.append(f"estab trace {files} --conn {finding.connections[0]}")
    if finding.filter:
        lines.append(f"Wireshark: {finding.filter}")
    return [*lines, f"estab explain {finding.code}"]


def spelled_files(names: Sequence[str]) -> str:
    """The captures as one types them: few one by one, more of them by what their names share; empty where that says nothing.

    >>> spelled_files(["a b.pcap", "c.pcap"]), spelled_files([f"ring_{number}.pcap" for number in range(4)])
    ("'a b.pcap' c.pcap", 'ring_*.pcap')
    """
    if "-" in names:
        return ""
    if len(names) <= FILES_SPELLED:
        return " ".join(map(shlex.quote, names))
    first = _shared_beginning(names)
    last = _shared_beginning([name[len(first) :][::-1] for name in names])[::-1]
    one_folder = len({name.rpartition("/")[0] for name in names}) == 1
    says_something = last or first.rpartition("/")[2]
    return f"{first and shlex.quote(first)}*{last and shlex.quote(last)}" if one_folder and says_something else ""


def _shared_beginning(texts: Sequence[str]) -> str:
    """The longest text that all begin with."""
    shortest, longest = min(texts), max(texts)
    alike = next((place for place, (one, other) in enumerate(zip(shortest, longest, strict=False)) if one != other), len(shortest))
    return shortest[:alike]


def _nothing_wrong(analysis: Analysis) -> Text:
    count = analysis.connections.count
    if not count:
        hidden = any(analysis.capture.skipped.get(reason) for reason in (Skipped.TRUNCATED, Skipped.MALFORMED, Skipped.LINK_TYPE))
        return (
            msg("no finding: no TCP connection could be made out in it") if hidden else msg("no finding: there is no TCP connection in it")
        )
    return msg("no finding: nothing wrong is seen in {connections}", connections=words.connections(count))
