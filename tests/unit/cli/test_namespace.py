"""Which network namespace is meant."""

from __future__ import annotations

import os
import pathlib

import pytest

from estab.cli.namespace import chosen_namespace
from estab.errors import MisuseError


def test_none_is_this_programs_own() -> None:
    assert chosen_namespace(None, None) is None


def test_the_namespace_of_a_process() -> None:
    namespace = chosen_namespace(None, os.getpid())
    assert namespace is not None and namespace.inode == pathlib.Path("/proc/self/ns/net").stat().st_ino


@pytest.mark.parametrize(("netns", "pid"), [("a", 1), ("no-such-namespace", None), (None, 2**22 + 5)])
def test_what_is_not_there(netns: str | None, pid: int | None) -> None:
    with pytest.raises(MisuseError):
        chosen_namespace(netns, pid)
