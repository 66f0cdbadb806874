"""`estab diagnose` without a capture: this host, once or watched."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from estab.cli.exit import Exit
from estab.cli.translated import translator_of
from estab.errors import EstabError, MisuseError
from estab.instant import MILLISECOND_NS, SECOND_NS, parse_duration
from estab.text import msg

if TYPE_CHECKING:
    from estab.diagnose.changes import FindingLog
    from estab.diagnose.run import Diagnosis
    from estab.observe import HostRequest, Interval

SHORTEST_NS = 100 * MILLISECOND_NS
"""Intervals of a watch that are shorter would make the reader the busiest program of the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """How it is looked at and shown; `lasts` is the interval as it was written, `shown` goes to the report's layout."""

    lasts: str | None
    as_json: bool
    watch: bool
    fail_on: str | None
    shown: dict[str, Any]


def status_of(diagnosis: Diagnosis, fail_on: str | None) -> Exit:
    """FOUND where there is a finding as bad as asked for."""
    from estab.diagnose.finding import Severity

    worst = max((finding.severity for finding in diagnosis.findings), default=None)
    return Exit.FOUND if fail_on and worst is not None and worst >= Severity(fail_on) else Exit.DONE


def diagnose_host(ctx: click.Context, request: HostRequest, options: HostOptions) -> Exit:
    """Looks, prints, and gives the exit status."""
    from estab import api

    lasts_ns = round(api.HOST_LASTS_S * SECOND_NS) if options.lasts is None else parse_duration(options.lasts)
    if options.watch and lasts_ns < SHORTEST_NS:
        raise MisuseError(msg("with --watch, --for takes at least 100ms"))
    if request.keep_as is not None and request.interface is None:
        raise MisuseError(msg("--write keeps the packets of --interface, which is missing"))
    if request.keep_as is not None and options.watch:
        raise MisuseError(msg("--write keeps the packets of one interval; it goes without --watch"))
    return _watch(ctx, request, lasts_ns, options) if options.watch else _once(ctx, request, lasts_ns, options)


def _once(ctx: click.Context, request: HostRequest, lasts_ns: int, options: HostOptions) -> Exit:
    from estab.cli import output
    from estab.cli.ending import ending_gently
    from estab.cli.screen import Countdown, Watch, layout
    from estab.observe import analyse_host
    from estab.report.host_json import host_to_dict
    from estab.report.host_text import host_text

    with ending_gently() as ended, Countdown(ctx) as countdown:
        analysis = analyse_host(request, lasts_ns, countdown, stopped=ended, before_packets=Watch(ctx, ()).before_reading)
    if options.as_json:
        output.write_json(host_to_dict(analysis, translator_of(ctx)))
    else:
        output.write(host_text(analysis, layout(ctx, **options.shown)))
    return Exit.INTERRUPTED if analysis.partial else status_of(analysis.diagnosis, options.fail_on)


def _watch(ctx: click.Context, request: HostRequest, lasts_ns: int, options: HostOptions) -> Exit:
    """Tells of each interval as it ends, until Ctrl-C, or until a finding comes that was waited for."""
    from estab.cli import output
    from estab.cli.ending import ending_gently
    from estab.cli.screen import Countdown, Watch
    from estab.diagnose.changes import FindingLog
    from estab.observe import watch_host

    began_ns = time.monotonic_ns()
    log, intervals, status = FindingLog(), 0, Exit.INTERRUPTED
    with ending_gently() as ended:
        countdown = Countdown(ctx, watching=True)

        def progress(waited_ns: int, whole_ns: int) -> None:
            output.notice_a_closed_pipe()
            countdown(waited_ns, whole_ns)

        try:
            for interval in watch_host(request, lasts_ns, ended, progress, before_packets=Watch(ctx, ()).before_reading):
                log, intervals = interval.log, interval.number
                countdown.hide()
                _tell(ctx, interval, options)
                if status_of(interval.analysis.diagnosis, options.fail_on) is Exit.FOUND:
                    status = Exit.FOUND
                    break
        except EstabError:  # such as a namespace that is gone
            countdown.hide()
            _close(ctx, log, intervals, time.monotonic_ns() - began_ns, options)
            raise
        finally:
            countdown.hide()
        _close(ctx, log, intervals, time.monotonic_ns() - began_ns, options)
    return status


def _tell(ctx: click.Context, interval: Interval, options: HostOptions) -> None:
    """The whole report of the first interval, of each later one what it changed."""
    from estab.cli import output
    from estab.cli.screen import layout
    from estab.report.host_text import host_text
    from estab.report.watch_json import begin_to_dict, change_to_dict, missing_to_dict
    from estab.report.watch_text import changes_text

    analysis, tr = interval.analysis, translator_of(ctx)
    if options.as_json:
        if interval.number == 1:
            output.write_json_line(begin_to_dict(analysis, tr))
        if (missing := missing_to_dict(analysis)) is not None:
            output.write_json_line(missing)
        for change in interval.changes:
            output.write_json_line(change_to_dict(analysis, change, tr))
    elif interval.number == 1:
        output.write(host_text(analysis, layout(ctx, **options.shown)))
    elif text := changes_text(analysis, interval.changes, layout(ctx, **options.shown)):
        output.write(text)


def _close(ctx: click.Context, log: FindingLog, intervals: int, lasted_ns: int, options: HostOptions) -> None:
    from estab.cli import output
    from estab.cli.screen import layout
    from estab.report.watch_json import end_to_dict
    from estab.report.watch_text import closing_text

    if options.as_json:
        output.write_json_line(end_to_dict(log, intervals, lasted_ns, time.time_ns()))
    else:
        output.write(closing_text(log, intervals, lasted_ns, layout(ctx, **options.shown)))
