"""Sysctls as they stand."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from estab.errors import MisuseError, PermissionNeeded
from estab.knobs.catalog import KNOBS
from estab.live import settings
from estab.live.settings import is_initial_namespace, read_per_interface, read_setting, read_settings, write_setting


def test_values_are_what_sysctl_prints() -> None:
    found, _ = read_settings()
    assert {"tcp_fin_timeout", "tcp_rmem", "somaxconn"} <= found.keys()
    for name in ("tcp_fin_timeout", "tcp_rmem"):
        text = pathlib.Path(f"/proc/sys/net/ipv4/{name}").read_text(encoding="ascii")
        assert found[name].split() == text.split() and "\t" not in found[name]


def test_what_is_gone_and_what_is_no_sysctl_is_left_out() -> None:
    found, unseen = read_settings()
    assert found.keys().isdisjoint({"tcp_tw_recycle", "nofile", "SO_KEEPALIVE"})
    assert "knobs.tcp_tw_recycle" not in unseen


def test_only_the_knobs_asked_for() -> None:
    assert read_settings([KNOBS["tcp_sack"]])[0].keys() == {"tcp_sack"}


def test_what_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> str:
        raise PermissionError(13, path)

    monkeypatch.setattr(settings, "read_setting", refuse)
    found, unseen = read_settings([KNOBS["tcp_sack"]])
    assert found == {} and str(unseen["knobs.tcp_sack"]) == "not permitted"


def test_settings_of_each_interface() -> None:
    assert {"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.lo.rp_filter"} <= read_per_interface("rp_filter").keys()


def test_the_first_namespace_is_told_by_what_it_alone_has() -> None:
    assert is_initial_namespace() is pathlib.Path("/proc/sys/net/core/netdev_max_backlog").exists()


@pytest.fixture
def made_up(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A tree in the place of /proc/sys."""
    folder = tmp_path / "net" / "ipv4"
    folder.mkdir(parents=True)
    (folder / "tcp_fin_timeout").write_text("60\n", encoding="ascii")
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    return folder


def test_a_value_is_written_in_one_piece(made_up: pathlib.Path) -> None:
    write_setting("net.ipv4.tcp_fin_timeout", "30")
    assert read_setting("net.ipv4.tcp_fin_timeout") == "30"


def test_a_setting_that_is_not_there_cannot_be_written(made_up: pathlib.Path) -> None:
    with pytest.raises(MisuseError, match="has no net"):
        write_setting("net.ipv4.tcp_tw_recycle", "1")


@pytest.mark.parametrize(("code", "expected"), [(13, PermissionNeeded), (1, PermissionNeeded), (22, MisuseError)])
def test_refusals_of_the_kernel(made_up: pathlib.Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception]) -> None:
    def refuse(descriptor: int, data: bytes) -> int:
        raise OSError(code, "refused")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(expected, match="tcp_fin_timeout"):
        write_setting("net.ipv4.tcp_fin_timeout", "x")


def test_the_program_sysctl_agrees() -> None:
    try:
        done = subprocess.run(["sysctl", "-n", "net.ipv4.tcp_rmem"], capture_output=True, text=True, check=True, timeout=10)
    except FileNotFoundError:
        pytest.skip("sysctl is not installed")
    assert read_setting("net.ipv4.tcp_rmem") == " ".join(done.stdout.split())
