"""click in the reader's language: help texts are English in the code and translated when they are shown.

The language comes from `--lang` of the program, else from the locale; it is kept in the context's `meta`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

import click

from estab.text import Text, Translator, language_of, msg
from estab.typeset import hang, width_of, wrap

_LANGUAGE = "estab.language"

USAGE, OPTIONS, COMMANDS, HELP = msg("Usage: "), msg("Options:"), msg("Commands:"), msg("Show this page.")


def set_language(ctx: click.Context, wish: str | None) -> None:
    """Keeps the language for everything below this context."""
    ctx.meta[_LANGUAGE] = language_of(wish)


def translator_of(ctx: click.Context) -> Translator:
    """The translator for the reader of this run."""
    return Translator(ctx.meta.get(_LANGUAGE) or language_of(None))


class TranslatedOption(click.Option):
    """An option whose help is translated when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and what it does."""
        record = super().get_help_record(ctx)
        if record is None or not self.help:
            return record
        return record[0], translator_of(ctx)(self.help)


class _Translated(click.Command):
    """Usage, help and options in the reader's language."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, with its own help translated."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = translator_of(ctx)(HELP)
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How it is called."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=translator_of(ctx)(USAGE))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What it does."""
        for paragraph in translator_of(ctx)(inspect.cleandoc(self.help or "")).split("\n\n"):
            formatter.write_paragraph()
            _write(formatter, ("  " + line for line in wrap(paragraph, formatter.width - 2)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its options."""
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
        _write_table(formatter, translator_of(ctx)(OPTIONS), records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What stands below."""
        if self.epilog:
            formatter.write_paragraph()
            _write(formatter, wrap(translator_of(ctx)(inspect.cleandoc(self.epilog)), formatter.width))


def _write(formatter: click.HelpFormatter, lines: Iterable[str]) -> None:
    """Lines that are broken already: click would count a Chinese character as one column."""
    for line in lines:
        formatter.write(f"{line}\n")


def _write_table(formatter: click.HelpFormatter, heading: str, records: list[tuple[str, str]]) -> None:
    """Names, and beside each what it is."""
    room = max(width_of(name) for name, _ in records) + 2
    formatter.write_paragraph()
    _write(formatter, [heading])
    for name, text in records:
        _write(formatter, hang(name, text, indent=2, label_width=room, width=formatter.width))


class TranslatedCommand(_Translated):
    """A verb."""


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by name, imported when one is asked for."""

    def __init__(self, homes: Mapping[str, str]) -> None:
        self._homes = dict(homes)
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            module, _, attribute = self._homes[name].partition(":")
            self._loaded[name] = getattr(importlib.import_module(module), attribute)
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._homes.setdefault(name, "")
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        self._homes.pop(name)
        self._loaded.pop(name, None)

    def __iter__(self) -> Any:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


class TranslatedGroup(_Translated, click.Group):
    """The program: its verbs are imported only when one is run; what each does stands in `summaries`."""

    summaries: Mapping[str, Text] = {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its options, then its verbs."""
        _Translated.format_options(self, ctx, formatter)
        translator = translator_of(ctx)
        _write_table(formatter, translator(COMMANDS), [(name, translator(summary)) for name, summary in self.summaries.items()])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order in which they are shown."""
        del ctx
        return list(self.commands)
