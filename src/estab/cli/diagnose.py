"""`estab diagnose CAPTURE…`."""

from __future__ import annotations

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of

SEVERITIES = ("info", "warning", "critical")


@click.command(cls=TranslatedCommand, short_help="What is wrong in captures, why, and what to do.")
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
) -> Exit:
    """Reads captures and says what is wrong in them, how that is known, and what to do.

    Several captures are one, in time order. - is standard input. Formats are recognised by content; gzip, zstd and lz4 are unpacked.
    """
    from estab import api
    from estab.cli import output
    from estab.cli.screen import Watch, layout
    from estab.diagnose.finding import Severity
    from estab.report.diagnosis_json import diagnosis_to_dict
    from estab.report.diagnosis_text import diagnosis_text

    wanted = output.known_codes(only)
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
    worst = max((finding.severity for finding in analysis.diagnosis.findings), default=None)
    return Exit.FOUND if fail_on and worst is not None and worst >= Severity(fail_on) else Exit.DONE
