"""`estab tune`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of
from estab.errors import MisuseError
from estab.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from estab import api
    from estab.live.tuning import Step


@click.command(cls=TranslatedCommand, short_help="The kernel's TCP settings: what does harm, what to set, and how to undo it.")
@click.option("--profile", cls=TranslatedOption, metavar="NAME", help="Also what suits a purpose: busy-client, web-edge or long-lived.")
@click.option("--only", cls=TranslatedOption, metavar="KNOB", multiple=True, help="Only this setting; may be repeated.")
@click.option("--apply", "do_apply", cls=TranslatedOption, is_flag=True, help="Make the recommended changes, one at a time, and note them.")
@click.option(
    "--undo", "do_undo", cls=TranslatedOption, is_flag=True, help="Bring back what --apply changed, where it is still as written."
)
@click.option("--netns", cls=TranslatedOption, metavar="NAME", help="In this network namespace (ip netns list).")
@click.option(
    "--pid",
    cls=TranslatedOption,
    metavar="PID",
    type=click.IntRange(min=1),
    help="In the network namespace of this process, such as a container's.",
)
@click.option("-v", "--verbose", cls=TranslatedOption, is_flag=True, help="Show the settings that differ from Linux's defaults.")
@click.option("--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.tune/1.")
@click.pass_context
def tune(
    ctx: click.Context,
    *,
    profile: str | None,
    only: tuple[str, ...],
    do_apply: bool,
    do_undo: bool,
    netns: str | None,
    pid: int | None,
    verbose: bool,
    as_json: bool,
) -> Exit:
    """Reads the kernel's TCP settings and says which do harm, which do nothing, and, with a profile, which suit a purpose.

    Nothing is changed without --apply. Before a change is made, it is told with its old value, its scope and the line that
    undoes it, and noted in a journal.
    """
    from estab import api
    from estab.cli import output
    from estab.cli.screen import layout
    from estab.report.tune_json import tune_to_dict, undone_to_dict
    from estab.report.tune_text import tune_text

    if do_apply and do_undo:
        raise MisuseError(msg("only one of --apply and --undo"))
    if do_undo:
        if profile is not None or only:
            raise MisuseError(msg("--undo brings back everything that was changed here; it takes neither --profile nor --only"))
        steps, elsewhere = api.undo_tuning(netns=netns, pid=pid, telling=_teller(ctx, as_json=as_json))
        if as_json:
            output.write_json(undone_to_dict(steps, elsewhere, translator_of(ctx)))
        else:
            _end_of_undo(ctx, steps, elsewhere)
        return Exit.DONE
    found = api.tune(profile=profile, only=only, netns=netns, pid=pid)
    steps = found.apply(telling=_teller(ctx, as_json=as_json)) if do_apply else []
    if as_json:
        output.write_json(tune_to_dict(found.tuned, translator_of(ctx), steps))
    elif not do_apply:
        output.write(tune_text(found.tuned, layout(ctx, notes=verbose)))
    elif not steps:
        output.write(translator_of(ctx)(msg("nothing to change")) + "\n")
    return Exit.DONE


def _teller(ctx: click.Context, *, as_json: bool) -> api.Telling:
    """Writes what is about to be done before it is done: to stdout, or beside a JSON document to stderr."""
    from estab import api
    from estab.cli import output
    from estab.cli.screen import layout
    from estab.report.tune_steps import after_lines, before_lines

    shown = layout(ctx)

    def tell(lines: Iterable[str]) -> None:
        if as_json:
            click.echo("".join(lines), nl=False, err=True)
        else:
            output.write("".join(lines))

    return api.Telling(lambda step: tell(before_lines(step, shown)), lambda step: tell(after_lines(step, shown)))


def _end_of_undo(ctx: click.Context, steps: list[Step], elsewhere: int) -> None:
    from estab.cli import output

    tr = translator_of(ctx)
    if not steps:
        output.write(tr(msg("nothing to undo here")) + "\n")
    if elsewhere:
        output.write(
            tr(
                msg(
                    "{count} changes of other network namespaces stay noted",
                    "{count} change of another network namespace stays noted",
                    count=elsewhere,
                )
            )
            + "\n"
        )
