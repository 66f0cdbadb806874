"""Programs that others wrote, running in the namespace of a host: a web server, makers of load.

Each runs in a namespace of processes of its own, whose first process it is.  When that one ends all that it has started end, workers
too, and it ends with this process however this one ends.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.provoke.laboratory import Host

Answer = TypeVar("Answer")

PATIENCE_S = 10.0
OPEN_FILES = 12_000
"""What a process of the control may open: 5,000 idle connections, those in use, and room."""

SERVER_SETTINGS = """
user root; worker_processes 2; worker_rlimit_nofile {files}; daemon off; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections {files}; }}
http {{
  access_log off; default_type text/plain; sendfile on; tcp_nodelay on;
  keepalive_timeout 75s; keepalive_requests 1000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 0.0.0.0:80 backlog=8192; root {folder}; }}
}}
"""


def needs(*names: str) -> None:
    """Skips the test, visibly, where a program is not installed."""
    lacking = [name for name in names if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} not installed")


class Program:
    """A program at a host; `pid` is its own, outside its namespace of processes."""

    def __init__(self, host: Host, *command: str) -> None:
        inside = ["nsenter", f"--net=/proc/{host.pid}/ns/net", "unshare", "--pid", "--fork", "--kill-child"]
        alone = ["setpriv", "--pdeathsig", "KILL", *inside]
        self._process = subprocess.Popen([*alone, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    @property
    def pid(self) -> int:
        """The first process inside."""
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(wait_for(lambda: children.read_text().split())[0])

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program."""
        os.kill(self.pid, number)

    def finish(self, seconds: float) -> str:
        """What it has said when it has ended by itself; raises where it does not end, or ends badly."""
        said = self._process.communicate(timeout=seconds)[0].decode()
        if self._process.returncode:
            raise RuntimeError(f"ended with {self._process.returncode}: {said}")
        return said

    def end(self) -> None:
        """Ends it at once, with all that it has started."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait(timeout=5)
        if self._process.stdout is not None:
            self._process.stdout.close()


def wait_for(look: Callable[[], Answer], seconds: float = PATIENCE_S) -> Answer:
    """The first true answer; raises where there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if answer := look():
                return answer
        time.sleep(0.02)
    raise TimeoutError


def web_server(host: Host, folder: pathlib.Path) -> Program:
    """nginx on port 80 with a small page and a large one (`/large`), ready to answer."""
    (folder / "index.html").write_text("hello\n" * 100)
    (folder / "large").write_bytes(b"z" * 4_000_000)
    settings = folder / "settings"
    settings.write_text(SERVER_SETTINGS.format(files=OPEN_FILES, folder=folder))
    made = Program(host, "nginx", "-p", str(folder), "-c", str(settings))
    wait_for(lambda: ":80 " in host.run("ss", "-tln"))
    return made
