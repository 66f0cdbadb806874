"""`estab drill SCRIPT.pkt…`."""

from __future__ import annotations

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of


@click.command(cls=TranslatedCommand, short_help="Run packet scripts on the engine.")
@click.argument("scripts", nargs=-1, required=True, metavar="SCRIPT...")
@click.option(
    "--ip-version",
    "versions",
    cls=TranslatedOption,
    multiple=True,
    type=click.Choice(["ipv4", "ipv4-mapped-ipv6", "ipv6"]),
    help="Only over these addresses; may be repeated. Else over all in which a script means something.",
)
@click.option(
    "--set",
    "settings",
    cls=TranslatedOption,
    multiple=True,
    metavar="KNOB=VALUE",
    help="Begin with another value of a knob; may be repeated.",
)
@click.option("--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.drill/1.")
@click.option("--verbose", "-v", cls=TranslatedOption, is_flag=True, help="Show the events of each run with their times.")
@click.pass_context
def drill(
    ctx: click.Context, scripts: tuple[str, ...], *, versions: tuple[str, ...], settings: tuple[str, ...], as_json: bool, verbose: bool
) -> Exit:
    """Runs packet scripts, in the language of packetdrill, on the TCP of this program in virtual time.

    A folder stands for all scripts (*.pkt) below it, - for standard input. Status 0: all pass; 1: one fails; 2: one cannot be used.
    """
    from estab import api
    from estab.cli import output
    from estab.cli.screen import colour
    from estab.drill.render import render_text
    from estab.report.painter import Painter, Style

    translator = translator_of(ctx)
    result = api.drill(*scripts, ip_versions=versions, settings=settings)
    if as_json:
        output.write_json(result.to_dict(translator))
    else:
        painter = Painter(colour=colour())
        output.write_lines(render_text(result.runs, translator, verbose=verbose, strong=lambda line: painter(line, Style.STRONG)))
    return Exit.DONE if result.passed else Exit.FOUND if result.failed else Exit.UNUSABLE
