"""The network namespace that `--netns` and `--pid` name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.errors import MisuseError
from estab.text import msg

if TYPE_CHECKING:
    from estab.live.namespaces import Namespace


def chosen_namespace(netns: str | None, pid: int | None) -> Namespace | None:
    """None is this program's own; raises MisuseError where both are named or there is none such."""
    from estab.live.namespaces import named_namespace, namespace_of_process

    if netns is not None and pid is not None:
        raise MisuseError(msg("only one of --netns and --pid"))
    if netns is not None:
        return named_namespace(netns)
    return None if pid is None else namespace_of_process(pid)
