"""`estab diagnose [CAPTURE…]`."""

from __future__ import annotations

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of
from estab.errors import MisuseError
from estab.text import msg

SEVERITIES = ("info", "warning", "critical")


@click.command(cls=TranslatedCommand, short_help="What is wrong in captures or at this host, why, and what to do.")
@click.argument("captures", nargs=-1, metavar="[CAPTURE]...")
@click.option(
    "--json",
    "as_json",
    cls=TranslatedOption,
    is_flag=True,
    help="Write JSON, schema estab.diagnosis/1; with --watch JSON lines, schema estab.watch/1.",
)
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
@click.option(
    "--watch",
    cls=TranslatedOption,
    is_flag=True,
    help="This host: go on, interval after interval, and tell what appears, changes and ends; with --fail-on until the first such finding.",
)
@click.option(
    "--interface",
    cls=TranslatedOption,
    metavar="IFACE",
    help="This host: capture the packets of this interface meanwhile, and join what they and the sockets show. Needs CAP_NET_RAW.",
)
@click.option("--write", "keep_as", cls=TranslatedOption, metavar="FILE", help="With --interface: keep the packets, as pcapng.")
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
    watch: bool,
    interface: str | None,
    keep_as: str | None,
    netns: str | None,
    pid: int | None,
) -> Exit:
    """Says what is wrong in captures, or at this host where no capture is named, how that is known, and what to do.

    Several captures are one, in time order. - is standard input. Formats are recognised by content; gzip, zstd and lz4 are unpacked.

    This host is read twice: its sockets, counters and settings. No right is needed for one's own network namespace; what could not be seen
    is said. Ctrl-C ends the wait, or the watch.
    """
    from estab import api
    from estab.cli import output
    from estab.cli.diagnose_host import HostOptions, diagnose_host, status_of
    from estab.cli.screen import Watch, layout
    from estab.observe import HostRequest
    from estab.report.diagnosis_json import diagnosis_to_dict
    from estab.report.diagnosis_text import diagnosis_text

    wanted = output.known_codes(only)
    if not captures:
        shown = {"notes": verbose, "why": why, "most": top}
        request = HostRequest(netns=netns, pid=pid, only=wanted, interface=interface, keep_as=keep_as)
        return diagnose_host(ctx, request, HostOptions(lasts=lasts, as_json=as_json, watch=watch, fail_on=fail_on, shown=shown))
    if watch or any(option is not None for option in (lasts, interface, keep_as, netns, pid)):
        raise MisuseError(msg("--for, --watch, --interface, --write, --netns and --pid are for this host; they go without captures"))
    output.need_captures(captures)
    with Watch(ctx, captures) as run:
        analysis = api.analyse(captures, before=run.before_reading, watchers=[run], keep_on_interrupt=True, only=wanted)
    if as_json:
        output.write_json(diagnosis_to_dict(analysis, translator_of(ctx)))
    else:
        chosen = layout(ctx, notes=verbose, why=why, most=top, elapsed_ns=run.elapsed_ns)
        output.write(diagnosis_text(analysis, chosen))
    if analysis.partial:
        return Exit.INTERRUPTED
    return status_of(analysis.diagnosis, fail_on)
