"""`estab top [FILTER]`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from estab.cli.exit import Exit
from estab.cli.translated import TranslatedCommand, TranslatedOption, translator_of
from estab.errors import MisuseError
from estab.instant import MILLISECOND_NS, parse_duration
from estab.text import msg

if TYPE_CHECKING:
    from estab.snapshot_table import SocketArray
    from estab.tui.table_rows import Rows

SHORTEST_NS = 100 * MILLISECOND_NS
"""Reading more often would make the reader the busiest program of the host."""


_PID_HELP = "In the network namespace of this process, such as a container's."


@click.command(cls=TranslatedCommand, short_help="This host's sockets, live on a screen.")
@click.argument("words", nargs=-1, metavar="[FILTER]...")
@click.option("--every", cls=TranslatedOption, metavar="TIME", default="2s", help="Read so often, for example 500ms.")
@click.option("--netns", cls=TranslatedOption, metavar="NAME", help="In this network namespace (ip netns list).")
@click.option("--pid", cls=TranslatedOption, metavar="PID", type=click.IntRange(min=1), help=_PID_HELP)
@click.pass_context
def top(ctx: click.Context, words: tuple[str, ...], *, every: str, netns: str | None, pid: int | None) -> Exit:
    """Shows this host's TCP sockets live: their order, queues and rates, and each one whole.

    The filter is an expression as estab sockets takes it. Needs the extra "tui": pip install "estab[tui]".
    """
    import numpy as np

    from estab.live.host import Owners, take_snapshot
    from estab.live.namespaces import chosen_namespace
    from estab.live.owner_memory import OwnerMemory
    from estab.live.select import filter_needs_owners, matching, read_filter
    from estab.live.view import View

    every_ns = parse_duration(every)
    if every_ns < SHORTEST_NS:
        raise MisuseError(msg("--every takes at least 100ms"))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise MisuseError(msg("estab top needs a terminal; estab sockets prints the table once"))
    try:
        from estab.tui.top import Sources, Top
    except ModuleNotFoundError:
        raise MisuseError(msg('estab top needs the extra "tui": pip install "estab[tui]"')) from None
    namespace = chosen_namespace(netns, pid)
    memory = OwnerMemory(take_snapshot(namespace, with_sockets=False).boot_ns)

    def select(wanted: str, sockets: SocketArray) -> Rows:
        tree = read_filter(wanted)
        owners = memory.owners_of(set(sockets["inode"].tolist())) if filter_needs_owners(tree) else {}
        return np.flatnonzero(matching(View(sockets, owners), tree))

    sources = Sources(
        read=lambda: take_snapshot(namespace, owners=Owners.NONE),
        owners=lambda sockets: memory.owners_of(set(sockets["inode"].tolist())),
        select=select,
    )
    Top(sources, translator_of(ctx), every_ns=every_ns, wanted=" ".join(words)).run()
    return Exit.DONE
