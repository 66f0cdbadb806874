"""Settings changed and brought back in a network namespace of their own, with sysctl's files as witness."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from estab.live.namespaces import call_inside, named_namespace
from estab.live.settings import read_setting, write_setting
from tests.interop.namespaces import missing, run

WHY_NOT = missing()
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


@pytest.fixture
def blue() -> Iterator[str]:
    """A namespace that is removed again."""
    name = f"estab-{os.getpid()}-tune"
    run("ip", "netns", "add", name)
    try:
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def value(namespace: str, path: str) -> str:
    return call_inside(named_namespace(namespace), lambda: read_setting(path))


def put(namespace: str, path: str, text: str) -> None:
    call_inside(named_namespace(namespace), lambda: write_setting(path, text))


def estab(state: pathlib.Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "estab", "--lang", "en", "tune", *arguments],
        env=os.environ | {"ESTAB_STATE_DIR": str(state)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    return done


BAD = {
    "net.ipv4.tcp_abort_on_overflow": ("1", "0"),
    "net.ipv4.tcp_timestamps": ("0", "1"),
    "net.ipv4.tcp_sack": ("0", "1"),
    "net.ipv4.tcp_syncookies": ("0", "1"),
    "net.ipv4.tcp_retries2": ("5", "15"),
    "net.ipv4.tcp_max_tw_buckets": ("1000", "262144"),
    "net.core.somaxconn": ("128", "4096"),
}


def test_bad_advice_is_found_changed_and_brought_back(blue: str, tmp_path: pathlib.Path) -> None:
    outside = {path: read_setting(path) for path in BAD}
    for path, (bad, _) in BAD.items():
        put(blue, path, bad)
    put(blue, "net.ipv4.tcp_fin_timeout", "30")
    audit = json.loads(estab(tmp_path, "--netns", blue, "--json").stdout)
    named = {one["path"]: (one["old"], one["new"]) for one in audit["recommendations"]}
    assert named.pop("net.ipv4.tcp_fin_timeout") == ("30", None)
    assert {path: named[path] for path in BAD} == BAD
    told = estab(tmp_path, "--netns", blue, "--apply").stdout
    assert all(f"undo: sysctl -w {path}={bad}" in told for path, (bad, _) in BAD.items())
    assert {path: value(blue, path) for path in BAD} == {path: good for path, (_, good) in BAD.items()}
    put(blue, "net.ipv4.tcp_retries2", "9")  # somebody else's
    told = estab(tmp_path, "--netns", blue, "--undo").stdout
    assert "net.ipv4.tcp_retries2 is 9 now and not 15" in " ".join(told.split())
    expected = {path: bad for path, (bad, _) in BAD.items()} | {"net.ipv4.tcp_retries2": "9"}
    assert {path: value(blue, path) for path in BAD} == expected
    assert "nothing to undo here" in estab(tmp_path, "--netns", blue, "--undo").stdout
    assert {path: read_setting(path) for path in BAD} == outside


@pytest.mark.parametrize("profile", ["busy-client", "web-edge", "long-lived"])
def test_a_kernel_takes_every_profile_whole_and_nothing_is_left_to_do(blue: str, tmp_path: pathlib.Path, profile: str) -> None:
    before = json.loads(estab(tmp_path, "--netns", blue, "--json").stdout)["settings"]
    applied = json.loads(estab(tmp_path, "--netns", blue, "--profile", profile, "--apply", "--json").stdout)
    assert {change["outcome"] for change in applied["changes"]} == {"written"}
    assert all(change["now"] == change["new"] for change in applied["changes"])
    again = json.loads(estab(tmp_path, "--netns", blue, "--profile", profile, "--json").stdout)
    assert [one for one in again["recommendations"] if one["new"] is not None] == []
    estab(tmp_path, "--netns", blue, "--undo")
    after = json.loads(estab(tmp_path, "--netns", blue, "--json").stdout)["settings"]
    assert after == before


def test_ports_of_listeners_are_reserved_and_the_kernel_s_spelling_is_undone(blue: str, tmp_path: pathlib.Path) -> None:
    source = (
        "import socket, sys, time\n"
        "held = [socket.create_server(('127.0.0.1', port)) for port in (15001, 15002, 27017)]\n"
        "print('ready', flush=True); time.sleep(60)\n"
    )
    run("ip", "-n", blue, "link", "set", "lo", "up")
    with subprocess.Popen(["ip", "netns", "exec", blue, sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
            applied = json.loads(estab(tmp_path, "--netns", blue, "--profile", "busy-client", "--apply", "--json").stdout)
            (reserved,) = (change for change in applied["changes"] if change["path"].endswith("reserved_ports"))
            assert (reserved["new"], reserved["now"]) == ("15001,15002,27017", "15001-15002,27017")
            estab(tmp_path, "--netns", blue, "--undo")
        finally:
            holder.terminate()
    assert value(blue, "net.ipv4.ip_local_reserved_ports") == ""


def test_on_a_full_disk_nothing_is_changed(blue: str, tmp_path: pathlib.Path) -> None:
    put(blue, "net.ipv4.tcp_sack", "0")
    state = tmp_path / "small"
    state.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "estab-test", str(state)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no small file system can be mounted here")
    try:
        with contextlib.suppress(OSError), (state / "filler").open("wb", buffering=0) as filler:
            for _ in range(64):
                filler.write(bytes(1024))
        done = estab(state, "--netns", blue, "--apply", "--only", "tcp_sack", status=2)
        assert "cannot be kept" in done.stderr and value(blue, "net.ipv4.tcp_sack") == "0"
        assert not list(state.glob(".tune.json*"))
        (state / "filler").unlink()
        estab(state, "--netns", blue, "--apply", "--only", "tcp_sack")
        assert value(blue, "net.ipv4.tcp_sack") == "1"
    finally:
        subprocess.run(["umount", str(state)], check=True)


def test_settings_of_the_host_are_not_touched_from_a_namespace(blue: str, tmp_path: pathlib.Path) -> None:
    """An ordinary namespace shows no tcp_max_orphans; what is read of the host is never written from within."""
    applied = json.loads(estab(tmp_path, "--netns", blue, "--profile", "web-edge", "--apply", "--json").stdout)
    assert {change["scope"] for change in applied["changes"]} <= {"namespace"}
    estab(tmp_path, "--netns", blue, "--undo")
