"""The program `estab`: global options, the verbs, and how errors end.

Only what is needed is imported: `--help` needs neither numpy nor the compiler.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import NoReturn

import click

from estab import __version__
from estab.cli.exit import Exit
from estab.cli.mistakes import wording
from estab.cli.output import OutputClosedError, OutputError
from estab.cli.translated import LazyCommands, TranslatedGroup, TranslatedOption, set_language, translator_of
from estab.errors import EstabError, InputError, PermissionNeeded
from estab.text import Text, Translator, language_of, msg

GARBAGE_THRESHOLD = 50_000
"""Objects after which Python looks for circles among them: hardly any are made here, and looking takes a tenth of a second."""


def _choose_language(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del parameter
    set_language(ctx, value)


def _show_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    del parameter
    if value:
        click.echo(f"estab {__version__}")
        ctx.exit()


@click.group(
    cls=TranslatedGroup,
    commands=LazyCommands(
        {
            "diagnose": "estab.cli.diagnose:diagnose",
            "trace": "estab.cli.trace:trace",
            "drill": "estab.cli.drill:drill",
            "sockets": "estab.cli.sockets:sockets",
            "tune": "estab.cli.tune:tune",
            "explain": "estab.cli.explain:explain",
            "top": "estab.cli.top:top",
            "record": "estab.cli.record:record",
            "history": "estab.cli.history:history",
            "lab": "estab.cli.lab:lab",
        }
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done, 1 a finding named by --fail-on or a script that fails, 2 unusable input or arguments, "
    "3 not permitted, 130 interrupted.",
)
@click.option(
    "--lang",
    cls=TranslatedOption,
    metavar="LANGUAGE",
    is_eager=True,
    expose_value=False,
    callback=_choose_language,
    help="Language of texts: en or zh; else that of the locale.",
)
@click.option(
    "--version",
    cls=TranslatedOption,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
def cli() -> None:
    """Shows which state every TCP connection is in and explains why it is stuck."""


assert isinstance(cli, TranslatedGroup)
cli.summaries = {
    "diagnose": msg("What is wrong in captures or at this host, why, and what to do."),
    "trace": msg("The connections of captures: one row each, or one whole."),
    "drill": msg("Run packet scripts on the engine."),
    "sockets": msg("This host's TCP sockets: states, queues, ages, owners."),
    "tune": msg("The kernel's TCP settings: what does harm, what to set, and how to undo it."),
    "explain": msg("The page on a finding, a TCP state or a knob."),
    "top": msg("This host's sockets, live on a screen."),
    "record": msg("Keep what this host's TCP does, for estab history and for Prometheus."),
    "history": msg("What happened at 03:12: what estab record kept."),
    "lab": msg("Rehearses TCP on a simulated network: list and run scenarios."),
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and ends the process with one of the statuses of `Exit`."""
    # Numpy's algebra, of which nothing is used, would start a thread for each processor, and each would look for work for a while.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(GARBAGE_THRESHOLD)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; gives its exit status.  Errors become one line on stderr."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    language = language_asked_for(words)
    _replace_closed_streams()
    try:
        return int(cli.main(args=words, prog_name="estab", standalone_mode=False) or Exit.DONE)
    except click.exceptions.NoArgsIsHelpError as problem:
        click.echo(problem.format_message(), err=True)
        return Exit.UNUSABLE
    except click.ClickException as problem:
        translator, said = Translator(language), wording(problem)
        _complain((translator(said) if isinstance(said, Text) else said) + _hint(problem))
        return Exit.UNUSABLE
    except OutputError as problem:
        _forget_output()
        _complain(_reason(problem, Translator(language)))
        return Exit.UNUSABLE
    except EstabError as problem:
        _complain(_reason(problem, Translator(language)))
        return Exit.NOT_PERMITTED if isinstance(problem, PermissionNeeded) else Exit.UNUSABLE
    except (KeyboardInterrupt, click.Abort):
        _complain(Translator(language)(msg("interrupted")))
        return Exit.INTERRUPTED
    except (OutputClosedError, BrokenPipeError):
        _forget_output()
        return Exit.DONE


def _replace_closed_streams() -> None:
    """Where the shell closed a stream (`>&-`) there is one that refuses what is written, or for errors one that swallows it.

    Else the next file that is opened would get its number, and what is written would go there.
    """
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _forget_output() -> None:
    """What could not be written goes nowhere; else Python would complain once more when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def language_asked_for(words: Sequence[str]) -> str:
    """The language of `--lang`, which errors need although they come before or after click's work; else that of the locale."""
    wishes = [
        after if word == "--lang" else word.removeprefix("--lang=") for word, after in pairwise([*words, ""]) if word.startswith("--lang")
    ]
    return language_of(wishes[-1] if wishes else None)


def _reason(problem: EstabError, translator: Translator) -> str:
    """The error in the reader's language, where what was raised can be translated."""
    if isinstance(problem, InputError):
        where = translator(msg("{file}: ", file=_name_of(problem.path))) if problem.path is not None else ""
        at = translator(msg(" (at byte {offset})", offset=problem.offset)) if problem.offset is not None else ""
        reason = translator(problem.reason) if isinstance(problem.reason, Text) else str(problem.reason)
        return f"{where}{reason}{at}"
    if isinstance(problem, PermissionNeeded) and isinstance(problem.reason, Text):
        return translator(msg("{reason} (needs {capability})", reason=problem.reason, capability=problem.capability))
    first = problem.args[0] if problem.args else ""
    return translator(first) if isinstance(first, Text) else str(problem)


def _name_of(path: str) -> Text | str:
    return msg("standard input") if path == "-" else path


def _hint(problem: click.ClickException) -> str:
    """Where the right usage is told."""
    if not isinstance(problem, click.UsageError) or problem.ctx is None:
        return ""
    return f" ({translator_of(problem.ctx)(msg('see {command} --help', command=problem.ctx.command_path))})"


def _complain(line: str) -> None:
    click.echo(f"estab: {' '.join(line.split())}", err=True)
