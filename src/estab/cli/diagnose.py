"""`estab diagnose [CAPTURE…]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of
from estab.errors import MisuseError
from estab.instant import SECOND_NS, parse_duration
from estab.text import msg

if TYPE_CHECKING:
    from estab.diagnose.run import Diagnosis

SEVERITIES = ("info", "warning", "critical")


@click.command(cls=TranslatedCommand, short_help="What is wrong in captures or at this host, why, and what to do.")
@click.argument("captures", nargs=-1, metavar="[CAPTURE]...")
@click.option("--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.diagnosis/1.")
@click.option("-v", "--verbose", cls=TranslatedOption, is_flag=True, help="Show notes too: facts worth knowing that are no fault.")
@click.option("--why", cls=TranslatedOption, is_flag=True, help="Say which rules could not run, and why.")
@click.option("--only", cls=TranslatedOption, metavar="CODE", multiple=True, help="Only findings of this code; may be repeated.")
@click.option("--top", cls=TranslatedOption, metavar="N", type=click.IntRange(min=1), help="Only the worst N findings.")
@click.option(
    "--fail-on",
    cls=TranslatedOption,
    metavar="SEVERITY",
    type=click.Choice(SEVERITIES),
    help="End with status 1 when there is a finding of this severity or worse: info, warning or critical.",
)
@click.option("--for", "lasts", cls=TranslatedOption, metavar="TIME", help="This host: time between the two readings (5s).")
@click.option("--netns", cls=TranslatedOption, metavar="NAME", help="In this network namespace (ip netns list).")
@click.option(
    "--pid",
    cls=TranslatedOption,
    metavar="PID",
    type=click.IntRange(min=1),
    help="In the network namespace of this process, such as a container's.",
)
@click.pass_context
def diagnose(
    ctx: click.Context,
    captures: tuple[str, ...],
    *,
    as_json: bool,
    verbose: bool,
    why: bool,
    only: tuple[str, ...],
    top: int | None,
    fail_on: str | None,
    lasts: str | None,
    netns: str | None,
    pid: int | None,
) -> Exit:
    """Says what is wrong in captures, or at this host where no capture is named, how that is known, and what to do.

    Several captures are one, in time order. - is standard input. Formats are recognised by content; gzip, zstd and lz4 are unpacked.

    This host is read twice: its sockets, counters and settings. No right is needed for one's own network namespace; what could not be seen
    is said.
    """
    from estab import api
    from estab.cli import output
    from estab.cli.screen import Watch, layout
    from estab.report.diagnosis_json import diagnosis_to_dict
    from estab.report.diagnosis_text import diagnosis_text

    wanted = output.known_codes(only)
    if not captures:
        return _diagnose_host(ctx, lasts, netns, pid, wanted, as_json=as_json, verbose=verbose, why=why, top=top, fail_on=fail_on)
    if lasts is not None or netns is not None or pid is not None:
        raise MisuseError(msg("--for, --netns and --pid are for this host; they go without captures"))
    output.need_captures(captures)
    with Watch(ctx, captures) as watch:
        analysis = api.analyse(captures, before=watch.before_reading, watchers=[watch], keep_on_interrupt=True, only=wanted)
    if as_json:
        output.write_json(diagnosis_to_dict(analysis, translator_of(ctx)))
    else:
        chosen = layout(ctx, notes=verbose, why=why, most=top, elapsed_ns=watch.elapsed_ns)
        output.write(diagnosis_text(analysis, chosen))
    if analysis.partial:
        return Exit.INTERRUPTED
    return _status(analysis.diagnosis, fail_on)


def _status(diagnosis: Diagnosis, fail_on: str | None) -> Exit:
    """FOUND where there is a finding as bad as asked for."""
    from estab.diagnose.finding import Severity

    worst = max((finding.severity for finding in diagnosis.findings), default=None)
    return Exit.FOUND if fail_on and worst is not None and worst >= Severity(fail_on) else Exit.DONE


def _diagnose_host(
    ctx: click.Context,
    lasts: str | None,
    netns: str | None,
    pid: int | None,
    wanted: frozenset[str] | None,
    *,
    as_json: bool,
    verbose: bool,
    why: bool,
    top: int | None,
    fail_on: str | None,
) -> Exit:
    """The other half of the verb: this host."""
    from estab import api
    from estab.cli import output
    from estab.cli.screen import Countdown, layout
    from estab.report.host_json import host_to_dict
    from estab.report.host_text import host_text

    lasts_ns = parse_duration(lasts) if lasts is not None else round(api.HOST_LASTS_S * SECOND_NS)
    with Countdown(ctx) as countdown:
        analysis = api.analyse_host(lasts_ns, netns=netns, pid=pid, progress=countdown, only=wanted)
    if as_json:
        output.write_json(host_to_dict(analysis, translator_of(ctx)))
    else:
        output.write(host_text(analysis, layout(ctx, notes=verbose, why=why, most=top)))
    return Exit.INTERRUPTED if analysis.partial else _status(analysis.diagnosis, fail_on)
