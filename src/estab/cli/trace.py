"""`estab trace CAPTURE…`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of
from estab.errors import MisuseError
from estab.text import msg

if TYPE_CHECKING:
    from estab.report.model import Analysis
    from estab.report.trace_rows import Selection


@click.command(cls=TranslatedCommand, short_help="The connections of captures: one row each, or one whole.")
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE...")
@click.option(
    "--conn", "number", cls=TranslatedOption, metavar="N", type=click.IntRange(min=0), help="One connection whole: its packets and states."
)
@click.option("--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.trace/1.")
@click.option("--jsonl", "as_jsonl", cls=TranslatedOption, is_flag=True, help="Write JSON lines, one connection a line.")
@click.option("--csv", "as_csv", cls=TranslatedOption, is_flag=True, help="Write CSV, one connection a line.")
@click.option(
    "--sort",
    cls=TranslatedOption,
    metavar="KEY[,-KEY]",
    help="Order by id, start, duration, packets, bytes, retransmits, rtt, client or server; - before a key for descending.",
)
@click.option("--state", cls=TranslatedOption, metavar="STATE", help="Only connections of which a side may be in this state at the end.")
@click.option("--endpoint", cls=TranslatedOption, metavar="ADDR[:PORT]", help="Only connections of this address, or address and port.")
@click.option("--finding", cls=TranslatedOption, metavar="CODE", help="Only connections that a finding of this code is about.")
@click.option("--limit", cls=TranslatedOption, metavar="N", type=click.IntRange(min=0), help="At most N connections; 0 is all.")
@click.option("--ladder/--no-ladder", default=False, cls=TranslatedOption, help="With --conn: draw the packets as a ladder.")
@click.pass_context
def trace(
    ctx: click.Context,
    captures: tuple[str, ...],
    *,
    number: int | None,
    as_json: bool,
    as_jsonl: bool,
    as_csv: bool,
    sort: str | None,
    state: str | None,
    endpoint: str | None,
    finding: str | None,
    limit: int | None,
    ladder: bool,
) -> Exit:
    """Shows the TCP connections of captures with the states of both ends.

    Several captures are one, in time order. - is standard input. Formats are recognised by content; gzip, zstd and lz4 are unpacked.
    """
    from estab import api
    from estab.cli import output
    from estab.cli.screen import Watch, layout
    from estab.report.connection_text import connection_text
    from estab.report.packets import PacketKeeper
    from estab.report.trace_rows import Selection

    if as_json + as_jsonl + as_csv > 1:
        raise MisuseError(msg("only one of --json, --jsonl and --csv"))
    output.need_captures(captures)
    if finding is not None:
        output.known_codes((finding,))
    keeper = None if number is None else PacketKeeper(number)
    with Watch(ctx, captures) as watch:
        watchers: list[api.Watcher] = [watch] if keeper is None else [watch, keeper]
        analysis = api.analyse(captures, before=watch.before_reading, watchers=watchers, keep_on_interrupt=True)
    if number is not None and number >= analysis.connections.count:
        raise MisuseError(msg("no connection {number}; there are {count}, counted from 0", number=number, count=analysis.connections.count))
    if keeper is not None and not (as_json or as_jsonl or as_csv):
        output.write(connection_text(analysis, keeper.connection, keeper, layout(ctx, elapsed_ns=watch.elapsed_ns), with_ladder=ladder))
    else:
        keys = tuple(key for key in (sort or "").split(",") if key)
        wanted = Selection(state=state, endpoint=endpoint, finding=finding, sort=keys, limit=limit or None, connection=number)
        form = "json" if as_json else "jsonl" if as_jsonl else "csv" if as_csv else "text"
        _write_rows(ctx, analysis, wanted, form, watch.elapsed_ns)
    return Exit.INTERRUPTED if analysis.partial else Exit.DONE


def _write_rows(ctx: click.Context, analysis: Analysis, wanted: Selection, form: str, elapsed_ns: int) -> None:
    """The chosen connections in one of the forms."""
    from estab.cli import output
    from estab.cli.screen import layout
    from estab.growing import give_back_freed_memory
    from estab.report.trace_csv import trace_csv
    from estab.report.trace_json import connection_dicts, head
    from estab.report.trace_jsonl import trace_jsonl
    from estab.report.trace_rows import select
    from estab.report.trace_text import trace_lines

    rows, left_out = select(analysis, wanted)
    analysis.connections.forget_columns()  # the rules looked at hundreds, rows hold few
    give_back_freed_memory()
    if form == "json":
        output.write_long_json(head(analysis, translator_of(ctx)), "connections", connection_dicts(analysis, rows))
    elif form == "jsonl":
        output.write_lines(trace_jsonl(analysis, rows))
    elif form == "csv":
        output.write_lines(trace_csv(analysis, rows))
    else:
        output.write_lines(trace_lines(analysis, rows, left_out, layout(ctx, elapsed_ns=elapsed_ns)))
