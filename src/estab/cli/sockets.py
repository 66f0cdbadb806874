"""`estab sockets`."""

from __future__ import annotations

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of
from estab.errors import MisuseError
from estab.text import msg


@click.command(cls=TranslatedCommand, short_help="This host's TCP sockets: states, queues, ages, owners.")
@click.argument("expression", nargs=-1, metavar="[FILTER]")
@click.option("--fields", "list_fields", cls=TranslatedOption, is_flag=True, help="List the fields that a filter may name.")
@click.option("--by", cls=TranslatedOption, metavar="FIELD[,FIELD]", help="Count in groups, such as state,peer or process.")
@click.option("--sort", cls=TranslatedOption, metavar="FIELD[,-FIELD]", help="Order by fields; - before one for descending.")
@click.option("--owners", cls=TranslatedOption, is_flag=True, help="Look for the processes that hold the sockets shown.")
@click.option("--limit", cls=TranslatedOption, metavar="N", type=click.IntRange(min=0), help="At most N sockets or groups; 0 is all.")
@click.option("--netns", cls=TranslatedOption, metavar="NAME", help="In this network namespace (ip netns list).")
@click.option(
    "--pid",
    cls=TranslatedOption,
    metavar="PID",
    type=click.IntRange(min=1),
    help="In the network namespace of this process, such as a container's.",
)
@click.option("--json", "as_json", cls=TranslatedOption, is_flag=True, help="Write JSON, schema estab.sockets/1.")
@click.pass_context
def sockets(
    ctx: click.Context,
    expression: tuple[str, ...],
    *,
    list_fields: bool,
    by: str | None,
    sort: str | None,
    owners: bool,
    limit: int | None,
    netns: str | None,
    pid: int | None,
    as_json: bool,
) -> Exit:
    """Shows the TCP sockets of this host, or of one of its network namespaces.

    A filter compares fields with values: ==, !=, <, <=, >, >=, in (a, b), ~ for a regular expression; and, or, not and brackets join
    comparisons. States are spelled as you like, durations as 250ms, 5s or 2min, sizes as 64k or 64KiB, networks as 10.0.0.0/8.

    For example: estab sockets 'state == CLOSE-WAIT and age > 1m', 'port == 443 and recv_queue > 0', 'peer == 10.0.0.0/8 and rtt > 50ms'.

    The age of a socket is the least time that it has been in its state; the kernel does not tell more.
    """
    from estab.cli import output
    from estab.cli.screen import layout
    from estab.live.listing import Request, list_sockets
    from estab.report.socket_groups_text import socket_groups_lines
    from estab.report.sockets_json import head, members
    from estab.report.sockets_text import sockets_lines

    if list_fields:
        _write_fields(ctx)
        return Exit.DONE
    if by is not None and sort is not None:
        raise MisuseError(msg("groups stand by their size; only one of --by and --sort"))
    wanted = " ".join(expression) or None
    listing = list_sockets(Request(filter=wanted, by=by, sort=sort, owners=owners, limit=limit or None, netns=netns, pid=pid))
    if as_json:
        name, items = members(listing)
        output.write_long_json(head(listing, translator_of(ctx)), name, items)
    else:
        output.write_lines((socket_groups_lines if listing.keys else sockets_lines)(listing, layout(ctx)))
    return Exit.DONE


def _write_fields(ctx: click.Context) -> None:
    """Every field with what it is, what its values are and how else it may be spelled."""
    from estab.cli import output
    from estab.cli.screen import width
    from estab.live.fields import FIELDS_IN_ORDER
    from estab.typeset import hang

    tr = translator_of(ctx)
    room = max(len(field.name) for field in FIELDS_IN_ORDER) + 2
    lines = []
    for field in FIELDS_IN_ORDER:
        said = tr(msg("{title} ({kind})", title=field.title, kind=field.kind.value))
        if field.spellings:
            said = tr(msg("{text}; also {names}", text=said, names=", ".join(field.spellings)))
        lines += hang(field.name, said, indent=0, label_width=room, width=width())
    output.write_lines(f"{line}\n" for line in lines)
