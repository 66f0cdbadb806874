"""`estab record`."""

from __future__ import annotations

import contextlib
import os
import pathlib
import time

import click

from estab.cli.ending import ending_gently
from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of
from estab.errors import InputError, MisuseError
from estab.instant import DAY_NS, SECOND_NS, format_duration, parse_duration
from estab.text import Text, msg

_DAYS = "d"


_PID_HELP = "In the network namespace of this process, such as a container's."


@click.command(cls=TranslatedCommand, short_help="Keep what this host's TCP does, for estab history and for Prometheus.")
@click.option("--db", "path", cls=TranslatedOption, metavar="FILE", help="The database; else one in the state directory.")
@click.option("--every", cls=TranslatedOption, metavar="TIME", default="10s", help="Length of an interval, for example 30s.")
@click.option("--for", "lasts", cls=TranslatedOption, metavar="TIME", help="End by itself after this time.")
@click.option("--keep", cls=TranslatedOption, metavar="TIME", default="14d", help="Drop what is older, for example 30d.")
@click.option(
    "--max-size",
    cls=TranslatedOption,
    metavar="SIZE",
    default="200M",
    help="The database never grows beyond it. M is 1,000,000 bytes, MiB 1,048,576.",
)
@click.option("--listen", cls=TranslatedOption, metavar="[ADDRESS:]PORT", help="Serve the last interval to Prometheus, at /metrics.")
@click.option("--netns", cls=TranslatedOption, metavar="NAME", help="In this network namespace (ip netns list).")
@click.option("--pid", cls=TranslatedOption, metavar="PID", type=click.IntRange(min=1), help=_PID_HELP)
@click.pass_context
def record(
    ctx: click.Context,
    *,
    path: str | None,
    every: str,
    lasts: str | None,
    keep: str,
    max_size: str,
    listen: str | None,
    netns: str | None,
    pid: int | None,
) -> Exit:
    """Reads this host's sockets and counters again and again, and keeps sums of them and the findings.

    Ends on Ctrl-C or SIGTERM; the interval that this cuts short is kept, marked partial. A power cut costs at most the last interval.
    """
    from estab.diagnose.host_facts import HostFacts
    from estab.diagnose.host_run import diagnose_host
    from estab.history.exposition import exposition
    from estab.history.recorder import Recorder
    from estab.history.store import Store
    from estab.live.host import take_snapshot
    from estab.live.namespaces import chosen_namespace
    from estab.live.owner_memory import OwnerMemory

    every_ns, keep_ns = parse_time(every), parse_time(keep)
    if every_ns < SECOND_NS:
        raise MisuseError(msg("--every takes at least 1s"))
    namespace = chosen_namespace(netns, pid)
    file = database_path(path, make_folder=True)
    memory = OwnerMemory(take_snapshot(namespace, with_sockets=False).boot_ns)
    with Store(file, max_bytes=parse_size(max_size), keep_ns=keep_ns) as store, ending_gently() as ended:
        recorder = Recorder(
            store,
            read=lambda: take_snapshot(namespace),
            diagnose=lambda before, after: diagnose_host(HostFacts(before, after, owners_of=memory.owners_of)).findings,
            # Never longer than a step: the clock may have been set back since the instant was chosen.
            wait=lambda until_ns: not ended.wait(min(max(until_ns - time.time_ns(), 0), every_ns) / SECOND_NS),
            every_ns=every_ns,
        )
        with contextlib.ExitStack() as served:
            place: Text | str = msg("nowhere else")
            if listen is not None:
                from estab.cli.scrape import PATH, Scraped, parse_listen

                address, port = parse_listen(listen)
                page = served.enter_context(
                    Scraped(
                        address,
                        port,
                        lambda: exposition(recorder.last, recorder.latest.counters if recorder.latest else {}, written=recorder.written),
                    )
                )
                place = f"http://{f'[{address}]' if ':' in address else address}:{page.port}{PATH}"
            told = msg("recording every {time} to {file}; served: {place}", time=format_duration(every_ns), file=str(file), place=place)
            click.echo(translator_of(ctx)(told), err=True)
            recorder.run(parse_time(lasts) if lasts is not None else None)
    click.echo(translator_of(ctx)(msg("{count} intervals kept", count=recorder.written)), err=True)
    return Exit.INTERRUPTED if ended.is_set() else Exit.DONE


def database_path(path: str | None, *, make_folder: bool) -> pathlib.Path:
    """The database that is meant; raises InputError where its folder cannot be made."""
    from estab.history.place import default_path

    if path is not None:
        return pathlib.Path(path)
    file = default_path(os.environ, pathlib.Path.home(), is_root=os.geteuid() == 0)
    if make_folder:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise InputError(problem.strerror or str(problem), path=str(file.parent)) from None
    return file


def parse_time(text: str) -> int:
    """As `parse_duration`, and days."""
    digits = text.strip().removesuffix(_DAYS)
    if digits != text.strip() and digits.replace(".", "", 1).isdigit():
        return round(float(digits) * DAY_NS)
    return parse_duration(text)


def parse_size(text: str) -> int:
    """Bytes of `200M` (200,000,000), `200Mi` or `200MiB` (209,715,200), or a bare number; raises MisuseError for anything else.

    >>> parse_size("2M"), parse_size("1GiB")
    (2000000, 1073741824)
    """
    from estab.live.literals import LiteralError, read_size

    try:
        return int(read_size(text.strip()))
    except LiteralError:
        raise MisuseError(msg("not a size: {text}; write for example 200M or 1GiB", text=repr(text))) from None
