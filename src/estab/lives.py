"""One source, two lives: packet loops run interpreted or compiled.

A packet loop is a plain Python function over integers, marked `@kernel`.  Called as it stands it is interpreted: a small capture
never pays for compiling, nor even for importing the compiler.  `compiled(function)` gives the same function translated by numba,
together with every kernel that it calls.  Rows are touched by attribute (`row.seq`), which works for both kinds of rows: NumPy records
in the compiled life (`table()`), small slotted objects in the interpreted one (`rows()`).

Rules for kernels: integers only (no floats where an integer does), no exceptions, no allocation; arithmetic that may pass 2^63 is
masked; names used are kernels, module constants (frozen into the compiled code) or arguments.

Compiled code is cached for each user under a name that holds a digest of the kernel, of all that it calls, and of the compiler's version,
so a stale copy is never loaded, and a read-only installation works: without any writable place the code is compiled in memory.
Loading it needs no compiler (`native`).
"""

from __future__ import annotations

import contextlib
import enum
import functools
import hashlib
import importlib
import importlib.util
import os
import pathlib
import shutil
import sys
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    import numpy as np

    from estab import native

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_KERNELS: set[types.FunctionType] = set()
_INNER_KERNELS: set[types.FunctionType] = set()

SUFFIX = ".o"
VERSIONS_KEPT = 4
"""Compilers, and versions of one kernel, whose compiled code is kept for each user."""


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


def inner_kernel(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Marks a kernel whose machine code becomes a part of its callers': for what most packets pass and few places call.

    A call hands over a kernel's arrays in their single parts, some fifty words for those of the packet loop.
    """
    assert isinstance(function, types.FunctionType)
    _INNER_KERNELS.add(function)
    return kernel(function)


@functools.cache
def compiled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """The compiled life of a kernel; translated at its first call with arguments of a shape, or loaded from the user's cache."""
    assert isinstance(function, types.FunctionType) and function in _KERNELS, "only a function marked @kernel has a second life"
    return cast("Callable[Arguments, Result]", _Compiled(function))


class _Compiled:
    """A kernel in its compiled life."""

    def __init__(self, function: types.FunctionType) -> None:
        self._function = function
        self._loaded: dict[native.Shape, Callable[[Sequence[Any]], Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Runs the machine code."""
        from estab import native

        shape = native.shape_of(arguments)
        run = self._loaded.get(shape)
        if run is None:
            run = self._loaded[shape] = native.load(self._made(shape, arguments), sum(1 for _ in native.flat(arguments)))
        return run(arguments)

    def _made(self, shape: native.Shape, arguments: Sequence[Any]) -> native.ObjectFile:
        """The machine code, from the cache where it is there."""
        from estab import native

        folder, name = _cache_folder(), _file_name(self._function)
        path = folder / f"{name}-{_short_digest(repr(shape))}{SUFFIX}" if folder is not None else None
        made = native.ObjectFile.unpacked(path.read_bytes()) if path is not None and path.is_file() else None
        if made is None:
            made = native.translate(_translated(self._function), arguments)
            if path is not None:
                _keep(path, made)
        return made


def _keep(path: pathlib.Path, made: native.ObjectFile) -> None:
    """Puts machine code into the cache; that of earlier versions of the same kernel makes room for it."""
    with contextlib.suppress(OSError):  # a full disk costs time the next time, nothing else
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        unfinished.write_bytes(made.packed())
        unfinished.replace(path)
        kernel_name = path.name.split("-")[0]
        others = sorted(path.parent.glob(f"{kernel_name}-*{SUFFIX}"), key=lambda other: other.stat().st_mtime_ns, reverse=True)
        for old in others[VERSIONS_KEPT:]:
            old.unlink(missing_ok=True)


@functools.cache
def _translated(function: types.FunctionType) -> Any:
    """A twin of the function, with its callees in their compiled life, in the hands of numba.

    Kernels allocate nothing, so arrays need no counting of references, which costs an atomic operation for each array and call.  And nobody
    calls what numba makes by its own entries from Python and C, which would take a quarter of the time of compiling.
    """
    numba: Any = importlib.import_module("numba")
    names = dict(function.__globals__) | {name: _translated(callee) for name, callee in _callees(function).items()}
    twin = types.FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    twin.__module__, twin.__qualname__ = function.__module__, function.__qualname__
    inner = function in _INNER_KERNELS
    return numba.njit(error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=inner)(twin)


def _callees(function: types.FunctionType) -> dict[str, types.FunctionType]:
    """The kernels that a kernel calls, by the names under which it does."""
    named = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    return {name: callee for name, callee in named.items() if isinstance(callee, types.FunctionType) and callee in _KERNELS}


def is_cached(*functions: Callable[..., object]) -> bool:
    """True where the compiled code of these very kernels lies in the user's cache."""
    folder = _cache_folder()
    return folder is not None and all(any(folder.glob(f"{_file_name(function)}-*{SUFFIX}")) for function in functions)


def can_cache() -> bool:
    """True where compiled code can be kept for the next run."""
    return _cache_folder() is not None


@functools.cache
def _cache_folder() -> pathlib.Path | None:
    """A writable folder for this processor and this compiler, or None where there is none."""
    from estab import native

    home = os.environ.get("ESTAB_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or pathlib.Path("~/.cache").expanduser()
    folder = pathlib.Path(home) / "estab" / f"kernels-{_short_digest(native.host(), *map(_version, ('numba', 'llvmlite')))}"
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _forget_old(folder)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def _forget_old(folder: pathlib.Path) -> None:
    """Removes compiled code of older compilers, but for the latest few, which other installations may use."""
    others = sorted(folder.parent.glob("kernels-*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in others[VERSIONS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _version(package: str) -> str:
    """What tells versions of a package apart, without importing it."""
    found = importlib.util.find_spec(package)
    assert found is not None and found.origin is not None
    return pathlib.Path(found.origin).with_name("_version.py").read_text(encoding="utf-8")


@functools.cache
def _file_name(function: Callable[..., object]) -> str:
    """Names a kernel by its place and its source, that of all kernels that it calls and of the constants in them included."""
    assert isinstance(function, types.FunctionType)
    said, seen, waiting = [repr(sys.version_info[:3])], set(), [function]
    while waiting:
        reached = waiting.pop()
        if reached in seen:
            continue
        seen.add(reached)
        code, callees = reached.__code__, _callees(reached)
        constants = {name: reached.__globals__[name] for name in code.co_names if name not in callees and name in reached.__globals__}
        said += map(
            repr,
            (
                reached in _INNER_KERNELS,
                code.co_code,
                code.co_consts,
                code.co_names,
                code.co_varnames,
                reached.__defaults__,
                constants,
                sorted(callees),
            ),
        )
        waiting += [callees[name] for name in sorted(callees)]
    return f"{function.__module__}.{function.__name__}-{_short_digest(*said)}"


def _short_digest(*said: str) -> str:
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


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
