"""Words that several reports use: counted things, severities, where a capture was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.diagnose.finding import RemedyScope, Severity
from estab.diagnose.vantage import Vantage
from estab.report.model import Analysis
from estab.report.painter import Style
from estab.text import Text, format_count, msg

if TYPE_CHECKING:
    from estab.capture.summary import CaptureSummary
    from estab.snapshot import HostSnapshot

SEVERITY_WORDS = {
    Severity.CRITICAL: msg("CRITICAL"),
    Severity.WARNING: msg("WARNING"),
    Severity.INFO: msg("NOTE"),
}
SEVERITY_STYLES = {Severity.CRITICAL: Style.CRITICAL, Severity.WARNING: Style.WARNING, Severity.INFO: Style.INFO}
SCOPE_WORDS = {
    RemedyScope.APPLICATION: msg("application"),
    RemedyScope.SOCKET: msg("socket"),
    RemedyScope.KERNEL: msg("kernel"),
    RemedyScope.HOST: msg("host"),
}
VANTAGE_WORDS = {
    Vantage.UNKNOWN: msg("capture point not known"),
    Vantage.CLIENT: msg("taken at the client"),
    Vantage.MIDDLE: msg("taken between client and server"),
    Vantage.SERVER: msg("taken at the server"),
}
END_WORDS = {"fin": msg("closed"), "reset": msg("reset"), "timeout": msg("gave up"), "open": msg("open")}
HANDSHAKE_WORDS = {"full": msg("full"), "partial": msg("partial"), "none": msg("not completed"), "not seen": msg("not seen")}


def packets(count: int) -> Text:
    """So many packets."""
    return msg("1 packet") if count == 1 else msg("{count} packets", count=format_count(count))


def packets_with_tcp(capture: CaptureSummary) -> Text:
    """So many packets, and how many of them are TCP where that is not all."""
    if capture.tcp_packets == capture.packets:
        return packets(capture.packets)
    return msg("{packets}, {count} of them TCP", packets=packets(capture.packets), count=format_count(capture.tcp_packets))


def connections(count: int) -> Text:
    """So many connections."""
    return msg("1 connection") if count == 1 else msg("{count} connections", count=format_count(count))


def bytes_of(count: int) -> Text:
    """So many bytes."""
    return msg("1 byte") if count == 1 else msg("{count} bytes", count=format_count(count))


def name_of_namespace(host: HostSnapshot, netns: str, pid: int | None) -> Text:
    """What was read: a namespace by the name or the process that was asked for, else the program's own."""
    if netns:
        return msg("network namespace {name}", name=netns)
    if pid is not None:
        return msg("network namespace of process {pid}", pid=pid)
    return msg("this host") if host.is_initial_namespace else msg("this network namespace")


def name_of_source(analysis: Analysis) -> Text | str:
    """The capture's name; of several the first and how many there are."""
    files = analysis.capture.files
    names = [msg("standard input") if name == "-" else name for name in files]
    if len(names) == 1:
        return names[0]
    return msg("{first} and {count} more", first=names[0], count=len(names) - 1)


def size(number: int) -> str:
    """A number of bytes in at most five characters: 1234 is 1.2k.

    >>> size(999), size(1_234), size(45_678_901)
    ('999', '1.2k', '46M')
    """
    if number < 1_000:
        return str(number)
    power = next(power for power in range(1, 7) if number < 999.5 * 1_000**power or power == 6)
    value = number / 1_000**power
    return f"{value:.1f}{'kMGTPE'[power - 1]}" if value < 9.95 else f"{value:.0f}{'kMGTPE'[power - 1]}"
