"""What was wrong with a command line, in the reader's language: click says it in English only."""

from __future__ import annotations

import re

import click

from estab.text import Text, msg

_NO_COMMAND = re.compile(r"No such command '(?P<name>[^']*)'")
_TOO_MANY = re.compile(r"unexpected extra arguments? \((?P<names>.*)\)")


def wording(problem: click.ClickException) -> Text | str:
    """One line on a mistake; click's own words for what is not foreseen here."""
    match problem:
        case click.NoSuchOption(option_name=name, possibilities=near):
            if near:
                return msg("no such option: {name}; did you mean {near}?", name=name, near=", ".join(near))
            return msg("no such option: {name}", name=name)
        case click.BadOptionUsage(option_name=name):
            return msg("{name} takes no value", name=name) if "not take" in problem.message else msg("{name} needs a value", name=name)
        case click.MissingParameter(param=click.Parameter() as parameter):
            return msg("{name} is missing", name=_spelled(parameter))
        case click.BadParameter(param=click.Parameter() as parameter):
            return _allowed(parameter) or problem.format_message()
    said = problem.format_message()
    if found := _NO_COMMAND.search(said):
        return msg("no such command: {name}; there are {names}", name=found["name"], names=", ".join(_commands(problem)))
    if found := _TOO_MANY.search(said):
        return msg("too many arguments: {names}", names=found["names"])
    return said


def _spelled(parameter: click.Parameter) -> str:
    """`--top` of an option, `CAPTURE` of an argument."""
    return parameter.opts[0] if isinstance(parameter, click.Option) else (parameter.metavar or parameter.name or "").strip("[].")


def _allowed(parameter: click.Parameter) -> Text | None:
    name = _spelled(parameter)
    if isinstance(parameter.type, click.Choice):
        return msg("{name} must be one of {names}", name=name, names=", ".join(map(str, parameter.type.choices)))
    if isinstance(parameter.type, click.IntRange):
        return msg("{name} must be a whole number, {lowest} or more", name=name, lowest=parameter.type.min)
    return None


def _commands(problem: click.ClickException) -> list[str]:
    ctx = problem.ctx if isinstance(problem, click.UsageError) else None
    return ctx.command.list_commands(ctx) if ctx is not None and isinstance(ctx.command, click.Group) else []
