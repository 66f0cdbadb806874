"""One source, two lives: packet loops run interpreted or compiled.

A packet loop is a plain Python function over integers, marked `@kernel`.  Called as it stands it is interpreted: a small capture
never pays for compiling, nor even for importing the compiler.  `compiled(function)` gives the same function translated by numba,
together with every kernel that it calls.  Rows are touched by attribute (`row.seq`), which works for both kinds of rows: NumPy records
in the compiled life (`table()`), small slotted objects in the interpreted one (`rows()`).

Rules for kernels: integers only (no floats where an integer does), no exceptions, no allocation; arithmetic that may pass 2^63 is
masked; names used are kernels, module constants (frozen into the compiled code) or arguments.

Compiled code is cached for each user under a name that holds a digest of all kernel sources and of the compiler's version,
so a stale copy is never loaded, and a read-only installation works: without any writable place the code is compiled in memory.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import os
import pathlib
import shutil
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    import numpy as np

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_KERNELS: set[types.FunctionType] = set()

VERSIONS_KEPT = 4
"""Folders of compiled code kept for each user."""


class Life(enum.Enum):
    """Which of the two lives rows and kernels are in."""

    INTERPRETED = "interpreted"
    COMPILED = "compiled"

    def kernel(self, function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        """The kernel in this life."""
        return compiled(function) if self is Life.COMPILED else function

    def rows(self, dtype: np.dtype[Any], count: int) -> Any:
        """Zeroed rows of this life."""
        return table(dtype, count) if self is Life.COMPILED else rows(dtype, count)

    def row(self, dtype: np.dtype[Any]) -> Any:
        """One zeroed row whose fields are attributes, for Python and kernels alike."""
        import numpy as np

        return table(dtype, 1).view(np.recarray)[0] if self is Life.COMPILED else row_class(dtype)()


def kernel(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Marks a function as a packet loop, or a part of one, that may be compiled."""
    assert isinstance(function, types.FunctionType)
    _KERNELS.add(function)
    return function


@functools.cache
def compiled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """The compiled life of a kernel; translated at its first call, or loaded from the user's cache."""
    return _translated(function, cache=_cache_folder() is not None)


@functools.cache
def _callee(function: types.FunctionType) -> Callable[..., object]:
    """A kernel as other kernels call it: its code becomes part of theirs, so it needs neither an entry from Python nor a place in the
    cache.  That saves a quarter of the time of compiling."""
    return _translated(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _translated(function: Callable[Arguments, Result], **options: bool) -> Callable[Arguments, Result]:
    """A twin of the function, with its callees in their compiled life, in the hands of numba."""
    assert isinstance(function, types.FunctionType) and function in _KERNELS, "only a function marked @kernel has a second life"
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        callee = names.get(name)
        if isinstance(callee, types.FunctionType) and callee in _KERNELS:
            names[name] = _callee(callee)
    twin = types.FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    twin.__module__, twin.__qualname__ = function.__module__, function.__qualname__
    # Kernels allocate nothing, so arrays need no counting of references, which costs an atomic operation for each array and call.
    translated: Callable[Arguments, Result] = _numba().njit(nogil=True, error_model="numpy", _nrt=False, **options)(twin)
    return translated


def is_cached() -> bool:
    """True where the compiled code of these very sources lies in the user's cache, so that no one waits for the compiler."""
    folder = _cache_folder()
    return folder is not None and any(folder.rglob("*.nbc"))


def can_cache() -> bool:
    """True where compiled code can be kept for the next run."""
    return _cache_folder() is not None


@functools.cache
def _cache_folder() -> pathlib.Path | None:
    """A writable folder for this version of the kernels, or None where there is none."""
    home = os.environ.get("ESTAB_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or pathlib.Path("~/.cache").expanduser()
    folder = pathlib.Path(home) / "estab" / f"kernels-{_digest()}"
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _forget_old(folder)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def _forget_old(folder: pathlib.Path) -> None:
    """Removes compiled code of older versions, but for the latest few, which other installations may use."""
    others = sorted(folder.parent.glob("kernels-*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in others[VERSIONS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


@functools.cache
def _digest() -> str:
    """Names this set of kernel sources, this Python and this compiler."""
    import importlib.metadata

    digest = hashlib.sha256(f"{sys.version_info[:3]} numba {importlib.metadata.version('numba')}".encode())
    package = pathlib.Path(__file__).parent
    for source in sorted(package.rglob("*.py")):
        text = source.read_bytes()
        if b"@kernel" in text or source.parent.name == "machine" or source.stem in ("columns", "records"):
            digest.update(source.relative_to(package).as_posix().encode() + text)
    return digest.hexdigest()[:16]


@functools.cache
def _numba() -> Any:
    import numba

    folder = _cache_folder()
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return numba


def table(dtype: np.dtype[Any], count: int) -> np.ndarray[Any, Any]:
    """Zeroed rows for the compiled life."""
    import numpy as np

    return np.zeros(count, dtype)


def rows(dtype: np.dtype[Any], count: int) -> list[Any]:
    """Zeroed rows for the interpreted life: objects with the dtype's fields as attributes, nested arrays as lists."""
    row = row_class(dtype)
    return [row() for _ in range(count)]


@functools.cache
def row_class(dtype: np.dtype[Any]) -> type[Any]:
    """The class of interpreted rows of a dtype."""
    fields = dtype.fields
    assert fields is not None
    names = tuple(dtype.names or ())
    lengths = {name: fields[name][0].shape[0] if fields[name][0].shape else 0 for name in names}
    body = "\n".join(f"    self.{name} = {f'[0] * {lengths[name]}' if lengths[name] else '0'}" for name in names)
    namespace: dict[str, Any] = {}
    exec(f"def __init__(self):\n{body}\n", namespace)  # noqa: S102 - built from our own dtype only, ten times as fast as setattr
    return type("Row", (), {"__slots__": names, "__init__": namespace["__init__"]})


def rows_to_table(interpreted: list[Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """The NumPy records of interpreted rows, field by field."""
    import numpy as np

    result = np.zeros(len(interpreted), dtype)
    for name in dtype.names or ():
        if interpreted:
            result[name] = [getattr(row, name) for row in interpreted]
    return result
