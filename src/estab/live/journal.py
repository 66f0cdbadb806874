"""What `estab tune` has changed, so that it can be undone: one small file, replaced whole.

A change is noted before it is made: if the note cannot be written (a full disk), nothing is changed.  The file is written beside its
place, flushed to the disk and moved there, so that it is always either the old or the new one.  A lock keeps two runs apart.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from estab.errors import InputError, MisuseError
from estab.text import msg

SCHEMA = "estab.tune-journal/1"
NAME = "tune.json"
_FOR_ROOT = pathlib.Path("/var/lib/estab")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a setting; `boot` tells the host's run, `namespace` is the inode of the network namespace."""

    time_ns: int
    boot: str
    namespace: int
    kernel_path: str
    old: str
    new: str


def default_place() -> pathlib.Path:
    """/var/lib/estab for root, else the user's state folder (XDG base directories); $ESTAB_STATE_DIR goes before both."""
    if chosen := os.environ.get("ESTAB_STATE_DIR"):
        return pathlib.Path(chosen) / NAME
    if os.geteuid() == 0:
        return _FOR_ROOT / NAME
    home = os.environ.get("XDG_STATE_HOME") or pathlib.Path("~/.local/state").expanduser()
    return pathlib.Path(home) / "estab" / NAME


class Journal:
    """The changes of a file, oldest first."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other runs out; raises MisuseError where one is at work, InputError where nothing can be written here."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise self._unusable(problem) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise MisuseError(msg("another run of estab tune is changing settings; wait for it")) from None
        finally:
            os.close(descriptor)

    def read(self) -> list[Change]:
        """The changes; none where there is no file.  Raises InputError for a file that cannot be understood."""
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            if document["schema"] != SCHEMA:
                raise InputError(msg("written by another version of estab ({schema})", schema=str(document["schema"])), path=str(self.path))
            return [_change(entry) for entry in document["changes"]]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError):
            raise InputError(msg("this is no journal of estab tune; move it away to go on"), path=str(self.path)) from None
        except OSError as problem:
            raise self._unusable(problem) from None

    def add(self, change: Change) -> None:
        """Notes a change at the end."""
        self._write([*self.read(), change])

    def remove(self, change: Change) -> None:
        """Forgets a change."""
        self._write([other for other in self.read() if other != change])

    def correct(self, change: Change, new: str) -> Change:
        """Notes that the kernel made another value of what was written; gives the corrected change."""
        corrected = replace(change, new=new)
        self._write([corrected if other == change else other for other in self.read()])
        return corrected

    def _write(self, changes: list[Change]) -> None:
        """Replaces the file whole."""
        text = json.dumps({"schema": SCHEMA, "changes": [asdict(change) for change in changes]}, ensure_ascii=False, indent=1)
        temporary = None
        try:
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.path.parent, prefix=f".{NAME}.", delete=False) as file:
                temporary = pathlib.Path(file.name)
                file.write(f"{text}\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
            _flush_folder(self.path.parent)
        except OSError as problem:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
            raise self._unusable(problem) from None

    def _unusable(self, problem: OSError) -> InputError:
        return InputError(
            msg("the journal of changes cannot be kept: {reason}", reason=problem.strerror or str(problem)), path=str(self.path)
        )


def _flush_folder(folder: pathlib.Path) -> None:
    """Makes the new name of a file last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _change(entry: dict[str, Any]) -> Change:
    if not all(isinstance(entry[name], int) for name in ("time_ns", "namespace")):
        raise TypeError(entry)
    if not all(isinstance(entry[name], str) for name in ("boot", "kernel_path", "old", "new")):
        raise TypeError(entry)
    return Change(**entry)
