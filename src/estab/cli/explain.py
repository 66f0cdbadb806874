"""`estab explain TOPIC`."""

from __future__ import annotations

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of
from estab.errors import MisuseError
from estab.text import msg
from estab.typeset import pad, width_of

LIST_SCHEMA = "estab.topics/1"


@click.command(cls=TranslatedCommand, short_help="The page on a finding, a TCP state or a knob.")
@click.argument("topic", required=False, metavar="TOPIC")
@click.option(
    "--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.explain/1 (with --list: estab.topics/1)."
)
@click.option("--list", "as_list", cls=TranslatedOption, is_flag=True, help="List all topics with their titles.")
@click.pass_context
def explain(ctx: click.Context, topic: str | None, *, as_json: bool, as_list: bool) -> Exit:
    """Shows the reference page of a finding's code, a TCP state or a knob.

    For example: close.close_wait_leak, TIME-WAIT, tcp_fin_timeout.
    """
    from estab.cli import output
    from estab.cli.screen import colour, width
    from estab.explain.lookup import explain as page_of
    from estab.explain.lookup import topics
    from estab.explain.render import page_to_dict, render_text
    from estab.report.painter import Painter, Style

    translator = translator_of(ctx)
    if as_list:
        pages = [{"kind": page.kind.value, "topic": page.name, "title": translator(page.title)} for page in topics()]
        if as_json:
            output.write_json({"schema": LIST_SCHEMA, "language": translator.language, "topics": pages})
        else:
            room = max(width_of(page["topic"]) for page in pages) + 2
            output.write_lines(f"{pad(page['topic'], room)}{page['title']}\n" for page in pages)
    elif topic is None:
        raise MisuseError(msg("name a topic, or --list for all of them"))
    elif as_json:
        output.write_json(page_to_dict(page_of(topic), translator))
    else:
        painter = Painter(colour=colour())
        output.write(render_text(page_of(topic), translator, width(), lambda line: painter(line, Style.STRONG)))
    return Exit.DONE
