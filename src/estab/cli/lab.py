"""`estab lab list` and `estab lab run NAME|FILE.py`."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from estab.cli.exit import Exit
from estab.cli.translated import LazyCommands, TranslatedCommand, TranslatedGroup, TranslatedOption, translator_of
from estab.errors import InputError, MisuseError
from estab.text import Text, msg

if TYPE_CHECKING:
    from estab.lab.scenario import Scenario


@click.group(cls=TranslatedGroup, commands=LazyCommands({"list": "estab.cli.lab:list_", "run": "estab.cli.lab:run"}))
def lab() -> None:
    """Rehearses TCP on a simulated network in virtual time, and diagnoses what a capture there shows."""


assert isinstance(lab, TranslatedGroup)
lab.summaries = {
    "list": msg("The scenarios that there are."),
    "run": msg("Runs a scenario and says what came of it."),
}


@click.command("list", cls=TranslatedCommand, short_help="The scenarios that there are.")
@click.option("--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.lab_list/1.")
@click.option(
    "--behaviours", "by_behaviour", cls=TranslatedOption, is_flag=True, help="List what TCP does, and the scenarios that show it."
)
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool, by_behaviour: bool) -> Exit:
    """Lists the scenarios that come with estab, each with its title."""
    from estab import api
    from estab.cli import output
    from estab.cli.screen import layout
    from estab.typeset import hang, width_of

    tr = translator_of(ctx)
    scenarios = [(loaded.name, loaded.scenario) for loaded in api.lab_scenarios()]
    if as_json:
        document = [
            {
                "name": name,
                "title": _say(scenario.title, ctx),
                "paragraph": _say(scenario.paragraph, ctx),
                "behaviours": list(scenario.behaviours),
                "findings": list(scenario.findings),
                "parameters": dict(scenario.parameters),
                "twin": None if scenario.twin is None else dict(scenario.twin),
            }
            for name, scenario in scenarios
        ]
        output.write_json({"schema": "estab.lab_list/1", "scenarios": document})
        return Exit.DONE
    pairs = _by_behaviour(scenarios) if by_behaviour else [(name, _say(scenario.title, ctx)) for name, scenario in scenarios]
    width = layout(ctx).width
    room = max((width_of(left) for left, _ in pairs), default=0) + 2
    output.write_lines(f"{line}\n" for left, right in pairs for line in hang(left, right, indent=0, label_width=room, width=width))
    output.write(f"\n{tr(msg('estab lab run NAME runs one'))}\n")
    return Exit.DONE


def _by_behaviour(scenarios: Sequence[tuple[str, Scenario]]) -> list[tuple[str, str]]:
    """Each behaviour, with the scenarios that show it."""
    from estab.lab.behaviours import Behaviour

    shown: dict[str, list[str]] = {behaviour: [] for behaviour in Behaviour}
    for name, scenario in scenarios:
        for behaviour in scenario.behaviours:
            shown[behaviour].append(name)
    return [(behaviour, " ".join(found)) for behaviour, found in shown.items()]


@click.command(cls=TranslatedCommand, short_help="Runs a scenario and says what came of it.")
@click.argument("scenario", metavar="NAME|FILE.py")
@click.option(
    "--seed", cls=TranslatedOption, type=int, default=0, metavar="N", help="Seed of all chance; the same seed gives the same bytes."
)
@click.option(
    "--set",
    "settings",
    cls=TranslatedOption,
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a parameter of the scenario, a kernel knob, or with HOST.KNOB one of one host; may be repeated.",
)
@click.option("--twin", "as_twin", cls=TranslatedOption, is_flag=True, help="Run the healthy twin, in which nothing is wrong.")
@click.option("--pcap", "capture", cls=TranslatedOption, metavar="FILE", help="Write the capture as pcapng, with comments on packets.")
@click.option(
    "--conn", "connection", cls=TranslatedOption, metavar="N", type=click.IntRange(min=0), default=0, help="Which connection is shown."
)
@click.option("--ladder", cls=TranslatedOption, is_flag=True, help="Draw the packets as a ladder.")
@click.option("--timeline", cls=TranslatedOption, is_flag=True, help="Show what happened: calls, states, timers, losses.")
@click.option("--hosts", cls=TranslatedOption, is_flag=True, help="Diagnose every host too, as estab diagnose would from there.")
@click.option("-v", "--verbose", cls=TranslatedOption, is_flag=True, help="Show notes too: facts worth knowing that are no fault.")
@click.option("--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.lab/1.")
@click.pass_context
def run(
    ctx: click.Context,
    scenario: str,
    *,
    seed: int,
    settings: tuple[str, ...],
    as_twin: bool,
    capture: str | None,
    connection: int,
    ladder: bool,
    timeline: bool,
    hosts: bool,
    verbose: bool,
    as_json: bool,
) -> Exit:
    """Runs a scenario in virtual time, shows the connection, and diagnoses its capture.

    NAME is one of estab lab list; FILE.py is a scenario of yours, which is run as Python. The status is 1 where something is not as the
    scenario declares it.
    """
    from estab import api
    from estab.cli import output
    from estab.cli.screen import layout
    from estab.report.rehearsal_text import rehearsal_text

    result = api.lab_run(scenario, seed=seed, settings=settings_of(settings), as_twin=as_twin, connection=connection, hosts=hosts)
    count = result.rehearsal.analysis.connections.count
    if connection >= max(1, count):
        raise MisuseError(msg("no connection {number}; there are {count}, counted from 0", number=connection, count=count))
    if capture is not None:
        _write_capture(capture, result.pcapng())
    if as_json:
        output.write_json(result.to_dict(translator_of(ctx)))
    else:
        output.write(rehearsal_text(result.rehearsal, layout(ctx, notes=verbose), ladder=ladder, timeline=timeline))
    return Exit.DONE if result.as_expected else Exit.FOUND


def settings_of(words: tuple[str, ...]) -> dict[str, bool | int | float | str]:
    """Names and values of `--set`; raises MisuseError where there is no `=`."""
    settings: dict[str, bool | int | float | str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise MisuseError(msg("--set takes NAME=VALUE, not {word}", word=word))
        settings[name.strip()] = value.strip()
    return settings


def _write_capture(path: str, data: bytes) -> None:
    try:
        pathlib.Path(path).write_bytes(data)
    except OSError as problem:
        raise InputError(problem.strerror or str(problem), path=path) from None


def _say(text: Text | str, ctx: click.Context) -> str:
    return text if isinstance(text, str) else translator_of(ctx)(text)
