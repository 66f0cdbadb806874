"""What a process belongs to, told by its control group: a container, a unit of systemd."""

from __future__ import annotations

import re

_HEX = re.compile(r"^(?:(?:docker|cri-containerd|crio|libpod|containerd|podman)-)?(?P<id>[0-9a-f]{64})(?:\.scope)?$")
_LXC = re.compile(r"^(?:lxc\.payload\.(?P<dotted>.+)|(?:machine-)(?P<machine>.+)\.scope)$")
_UNIT = re.compile(r"^.+\.(?:service|scope|socket|mount)$")
SHORT_ID = 12
"""Characters of a container's identity that `docker ps` shows."""


def path_of_group(text: str) -> str:
    r"""The path of the control group in /proc/PID/cgroup: that of version 2 (`0::/…`), else that of systemd's hierarchy, else the first.

    >>> path_of_group("1:name=systemd:/a\n0::/system.slice/nginx.service\n")
    '/system.slice/nginx.service'
    """
    paths: dict[str, str] = {}
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        paths.setdefault("0" if number == "0" else "systemd" if controllers == "name=systemd" else "other", path)
    unified = paths.get("0", "")
    return unified if unified not in {"", "/"} else paths.get("systemd") or paths.get("other") or unified


def container_of(path: str) -> str:
    """The container's short identity or its name; empty where the path tells of none.

    >>> container_of("/system.slice/docker-" + 64 * "a" + ".scope"), container_of("/lxc/web/init.scope")
    ('aaaaaaaaaaaa', 'web')
    """
    parts = [part for part in path.split("/") if part]
    for part in reversed(parts):
        if match := _HEX.match(part):
            return match["id"][:SHORT_ID]
        if match := _LXC.match(part):
            return match["dotted"] or match["machine"]
    return parts[1] if len(parts) > 1 and parts[0] == "lxc" else ""


def unit_of(path: str) -> str:
    """The innermost unit of systemd that is no container's; empty where there is none.

    >>> unit_of("/user.slice/user-1000.slice/user@1000.service/app.slice/web.service")
    'web.service'
    """
    for part in reversed(path.split("/")):
        if _UNIT.match(part) and not _HEX.match(part) and not _LXC.match(part) and part != "init.scope":
            return part
    return ""
