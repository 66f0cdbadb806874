"""Containers and units told by the path of a control group."""

from __future__ import annotations

import pytest

from estab.live.cgroups import container_of, path_of_group, unit_of

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("path", "container", "unit"),
    [
        ("/", "", ""),
        ("/system.slice/nginx.service", "", "nginx.service"),
        (f"/system.slice/docker-{HEX}.scope", HEX[:12], ""),
        (f"/docker/{HEX}", HEX[:12], ""),
        (f"/kubepods.slice/kubepods-pod1.slice/cri-containerd-{HEX}.scope", HEX[:12], ""),
        (f"/kubepods/burstable/pod1-2/{HEX}", HEX[:12], ""),
        (f"/machine.slice/libpod-{HEX}.scope/container", HEX[:12], ""),
        (f"/system.slice/docker-{HEX}.scope/system.slice/web.service", HEX[:12], "web.service"),
        ("/machine.slice/machine-debian.scope", "debian", ""),
        ("/lxc.payload.web", "web", ""),
        ("/lxc/web", "web", ""),
        ("/user.slice/user-1000.slice/session-3.scope", "", "session-3.scope"),
        ("/init.scope", "", ""),
    ],
)
def test_paths(path: str, container: str, unit: str) -> None:
    assert (container_of(path), unit_of(path)) == (container, unit)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("0::/a\n", "/a"),
        ("12:pids:/b\n1:name=systemd:/c\n0::/\n", "/c"),
        ("12:pids:/b\n3:cpu,cpuacct:/d\n", "/b"),
        ("0::/\n", "/"),
        ("", ""),
        ("0::/with:colon\n", "/with:colon"),
    ],
)
def test_which_line_counts(text: str, path: str) -> None:
    assert path_of_group(text) == path
