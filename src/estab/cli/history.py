"""`estab history`."""

from __future__ import annotations

import time

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption
from estab.errors import MisuseError
from estab.instant import HOUR_NS
from estab.text import msg


@click.command(cls=TranslatedCommand, short_help="What happened at 03:12: what estab record kept.")
@click.option("--db", "path", cls=TranslatedOption, metavar="FILE", help="The database; else one in the state directory.")
@click.option("--at", cls=TranslatedOption, metavar="MOMENT", help="One moment whole (UTC), for example 03:12, beside the hour before.")
@click.option("--from", "start", cls=TranslatedOption, metavar="MOMENT", help="From this moment on (UTC); else the last hour.")
@click.option("--to", "end", cls=TranslatedOption, metavar="MOMENT", help="Up to this moment (UTC).")
@click.option("--last", cls=TranslatedOption, metavar="TIME", help="The last so much time, for example 6h or 2d.")
@click.option("--rows", cls=TranslatedOption, metavar="N", type=click.IntRange(2, 1000), default=24, help="At most so many rows of time.")
@click.option("--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.history/1: all intervals.")
@click.option("-v", "--verbose", cls=TranslatedOption, is_flag=True, help="Show notes too: facts worth knowing that are no fault.")
@click.pass_context
def history(
    ctx: click.Context,
    *,
    path: str | None,
    at: str | None,
    start: str | None,
    end: str | None,
    last: str | None,
    rows: int,
    as_json: bool,
    verbose: bool,
) -> Exit:
    """Shows what estab record kept: sockets by state, rates and findings over time, or one moment and what was unusual in it."""
    from estab.cli import output
    from estab.cli.record import database_path, parse_time
    from estab.cli.screen import layout
    from estab.history.document import history_to_dict
    from estab.history.place import parse_moment
    from estab.history.store import Store
    from estab.history.text import history_text, moment_text

    if at is not None and (start or end or last):
        raise MisuseError(msg("--at shows one moment; it goes without --from, --to and --last"))
    if last is not None and (start or end):
        raise MisuseError(msg("--last goes without --from and --to"))
    now_ns = time.time_ns()
    with Store.existing(database_path(path, make_folder=False)) as store:
        if at is not None:
            moment_ns = parse_moment(at, now_ns)
            # A moment belongs to the interval that began before it or at it.
            around = list(store.intervals(moment_ns - HOUR_NS, moment_ns + 1))
            found = [interval for interval in around if interval.from_ns <= moment_ns < interval.to_ns]
            before = around[: around.index(found[0])] if found else []
            if as_json:
                output.write_json(history_to_dict(found))
            else:
                output.write(moment_text(found[0], before, layout(ctx, notes=verbose)) if found else history_text([], layout(ctx)))
            return Exit.DONE
        to_ns = parse_moment(end, now_ns) if end else now_ns
        lasts_ns = parse_time(last) if last else HOUR_NS
        intervals = list(store.intervals(parse_moment(start, now_ns) if start else to_ns - lasts_ns, to_ns))
    if as_json:
        output.write_json(history_to_dict(intervals))
    else:
        output.write(history_text(intervals, layout(ctx, notes=verbose), rows=rows))
    return Exit.DONE
