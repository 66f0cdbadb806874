"""/proc as the calling thread sees it."""

from __future__ import annotations

import pytest

from estab.live.proc import read_net, read_proc


def test_files_are_there() -> None:
    assert read_net("snmp").startswith("Ip:")
    assert read_proc("sys/net/ipv4/tcp_fin_timeout").strip().isdigit()


def test_a_missing_file_is_an_oserror() -> None:
    with pytest.raises(FileNotFoundError):
        read_net("no such file")
