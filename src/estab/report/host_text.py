"""A diagnosis of a live host as text: what was read, the findings worst first, what could not be seen."""

from __future__ import annotations

import shlex

from estab.diagnose.finding import Finding, SubjectKind
from estab.instant import format_duration, format_second
from estab.machine.states import State
from estab.report import words
from estab.report.between_text import between_texts, unseen_texts
from estab.report.finding_text import finding_lines, footer_lines, not_run_lines, shown_findings
from estab.report.model import CapturedPackets, HostAnalysis
from estab.report.painter import Style
from estab.report.view import INDENT, Layout, label_width
from estab.snapshot import Owner
from estab.text import Text, format_count, msg
from estab.typeset import hang, wrap, wrap_parts

NOT_SEEN, PACKETS, BETWEEN = msg("not seen"), msg("packets"), msg("between")
OWNERS_SHOWN = 3


def host_text(analysis: HostAnalysis, layout: Layout) -> str:
    """The report; ends with a newline."""
    lines = [*_source_lines(analysis, layout), ""]
    shown, left_out = shown_findings(analysis.diagnosis, layout)
    for finding in shown:
        lines += [*host_finding_lines(analysis, finding, layout), ""]
    lines += left_out
    lines += footer_lines(analysis.diagnosis, _nothing_wrong(analysis), layout)
    if layout.why:
        lines += not_run_lines(analysis.diagnosis, layout)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def host_finding_lines(analysis: HostAnalysis, finding: Finding, layout: Layout) -> list[str]:
    """The lines of one finding of a host."""
    packets = analysis.packets
    seen_at = packets.interface if packets is not None and packets.file is None else None
    return finding_lines(finding, layout, _where_to_look(analysis, finding, layout), knows_settings=True, seen_at=seen_at)


def _source_lines(analysis: HostAnalysis, layout: Layout) -> list[str]:
    tr, host = layout.translator, analysis.host
    name = tr(words.name_of_namespace(host, analysis.netns, analysis.pid))
    parts: list[Text | str] = [
        msg("{count} sockets", count=format_count(analysis.facts.count)),
        msg("read twice, {time} apart", time=format_duration(analysis.facts.interval_ns)),
        format_second(host.taken_ns),
        f"Linux {host.kernel}" if host.kernel else "",
    ]
    told = [said for part in parts if (said := part if isinstance(part, str) else tr(part))]
    lines = [layout.painter(name, Style.STRONG), *(" " * INDENT + line for line in wrap_parts(told, layout.width - INDENT))]
    room = label_width((NOT_SEEN, PACKETS, BETWEEN), tr)
    for number, text in enumerate(between_texts(analysis, tr)):
        lines += hang("" if number else tr(BETWEEN), text, indent=INDENT, label_width=room, width=layout.width)
    if analysis.packets is not None:
        lines += _packets_lines(analysis.packets, layout, room)
    hidden = [*host.unseen.values(), *unseen_texts(analysis)]
    for reason in dict.fromkeys(reason if isinstance(reason, str) else tr(reason) for reason in hidden):
        lines += hang(tr(NOT_SEEN), reason, indent=INDENT, label_width=room, width=layout.width)
    if analysis.partial:
        told = wrap(tr(msg("PARTIAL: the wait between the two readings was cut short")), layout.width)
        lines += [layout.painter(line, Style.WARNING) for line in told]
    return lines


def _packets_lines(packets: CapturedPackets, layout: Layout, room: int) -> list[str]:
    """How many were captured where, and what is not among them."""
    tr, capture = layout.translator, packets.analysis.capture
    values = {
        "packets": words.packets_with_tcp(capture),
        "interface": packets.interface,
        "connections": words.connections(packets.analysis.connections.count),
    }
    told: list[Text] = [msg("at {interface}: {packets}; {connections}", **values), *missing_packets(packets)]
    if packets.file is not None:
        told.append(msg("kept in {file}", file=packets.file))
    lines: list[str] = []
    for text in told:
        lines += hang("" if lines else tr(PACKETS), tr(text), indent=INDENT, label_width=room, width=layout.width)
    return lines


def missing_packets(packets: CapturedPackets) -> list[Text]:
    """What is not among the packets, a text for each reason."""
    told = []
    if packets.lost:
        told.append(msg("LOST: {packets} for which the capturing socket had no room", packets=words.packets(packets.lost)))
    if packets.left_out:
        told.append(msg("LEFT OUT: {packets} beyond what is kept of one interval", packets=words.packets(packets.left_out)))
    if packets.went_down:
        told.append(msg("the interface {interface} went down", interface=packets.interface))
    return told


def _nothing_wrong(analysis: HostAnalysis) -> Text:
    return msg("no finding: nothing wrong is seen at {count} sockets", count=format_count(analysis.facts.count))


def _where_to_look(analysis: HostAnalysis, finding: Finding, layout: Layout) -> list[str]:
    """Whose sockets they are, the command that lists them, and the page."""
    lines, kept = [], analysis.packets.file if analysis.packets is not None else None
    if finding.owners:
        shown = ", ".join(_owner(owner) for owner in finding.owners[:OWNERS_SHOWN])
        more = len(finding.owners) - OWNERS_SHOWN
        told = shown + (f", … (+{more})" if more > 0 else "")
        over = bool(finding.sockets) and all(socket.state is State.CLOSED for socket in finding.sockets)
        lines.append(layout.translator(msg("opened by {owners}", owners=told) if over else msg("held by {owners}", owners=told)))
    place = f" --netns {analysis.netns}" if analysis.netns else f" --pid {analysis.pid}" if analysis.pid is not None else ""
    if finding.subject.kind is SubjectKind.LISTENER and finding.subject.port:
        lines.append(f"estab sockets 'port == {finding.subject.port}'{place} --owners")
    elif left := {socket.state.label for socket in finding.sockets} - {State.CLOSED.label}:
        states = " or ".join(f"state == {state}" for state in sorted(left))
        lines.append(f"estab sockets '{states}'{place} --owners")
    if kept is not None and finding.connections:
        lines.append(f"estab trace {shlex.quote(kept)} --conn {finding.connections[0]}")
    if kept is not None and finding.filter:
        lines.append(f"Wireshark: {finding.filter}")
    return [*lines, f"estab explain {finding.code}"]


def _owner(owner: Owner) -> str:
    where = owner.container or owner.unit
    return f"{owner.command}[{owner.pid}]" + (f" ({where})" if where else "")
