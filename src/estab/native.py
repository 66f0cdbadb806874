"""Machine code of compiled kernels: made by the compiler once, kept as object files, called without it ever after.

Importing numba and having it look into its own cache takes longer than a capture of a million packets does.  But what it makes of a
kernel is a plain function in an object file: it takes integers and addresses, and LLVM alone can load it.  `translate` has numba
make one, `load` makes it callable; only the first needs numba.

A kernel is translated for a *shape* of arguments (`shape_of`).  Its machine code takes arguments taken apart in numba's way: an integer as
64 bits, a record as its address, an array as seven or more numbers (who owns it, how many items of what size, the address, extents,
strides), a tuple as its members.  The first two are addresses for the result and for an exception, which kernels do not raise.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from estab.errors import MisuseError

Shape = tuple[object, ...]

RESULTS: dict[str, Any] = {"none": ctypes.c_int64, "bool": ctypes.c_bool} | {
    f"{sign}int{bits}": getattr(ctypes, f"c_{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)
}
"""What kernels may give, by numba's names."""
NOT_RAISED = (0, -2)
"""What the machine code gives when all went well: with a result, or without one."""


class ObjectFile(NamedTuple):
    """A kernel's machine code, the name of the function in it, and what that gives."""

    symbol: str
    result: str
    code: bytes

    def packed(self) -> bytes:
        """As the bytes of a file that can tell when it is damaged."""
        return f"{self.symbol} {self.result} {hashlib.sha256(self.code).hexdigest()}\n".encode() + self.code

    @staticmethod
    def unpacked(data: bytes) -> ObjectFile | None:
        """What a file holds, or None where it is not whole."""
        head, _, code = data.partition(b"\n")
        with contextlib.suppress(ValueError):
            symbol, result, digest = head.decode("ascii", "replace").split(" ")
            if result in RESULTS and digest == hashlib.sha256(code).hexdigest():
                return ObjectFile(symbol, result, code)
        return None


def shape_of(arguments: Sequence[Any]) -> Shape:
    """What the machine code for these arguments depends on."""
    return tuple(_shape(argument) for argument in arguments)


def _shape(argument: Any) -> object:
    if isinstance(argument, np.ndarray):
        flags = argument.flags
        return _known(argument.dtype), argument.ndim, flags.c_contiguous, flags.writeable
    if isinstance(argument, int | np.integer):
        return "int"
    if isinstance(argument, np.void):
        return _known(argument.dtype)
    if isinstance(argument, tuple):
        return type(argument).__qualname__, shape_of(argument)
    raise MisuseError(f"no kernel takes a {type(argument).__name__}")


_KNOWN: dict[int, tuple[np.dtype[Any], str]] = {}


def _known(dtype: np.dtype[Any]) -> str:
    """A type of records or numbers, spelled.  There are few of them, and looking at all their fields takes long: each is looked at once."""
    found = _KNOWN.get(id(dtype))
    if found is None:
        found = _KNOWN[id(dtype)] = dtype, str(dtype)
    return found[1]


def flat(arguments: Sequence[Any]) -> Iterator[int]:
    """The arguments as the machine code takes them."""
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            yield from (0, 0, argument.size, argument.itemsize, argument.ctypes.data, *argument.shape, *argument.strides)
        elif isinstance(argument, np.void):
            yield np.frombuffer(argument, np.uint8).ctypes.data
        elif isinstance(argument, tuple):
            yield from flat(argument)
        else:
            yield int(argument)


def translate(function: Any, arguments: Sequence[Any]) -> ObjectFile:
    """Has numba translate a kernel that is in its hands, for the shape of these arguments."""
    numba: Any = importlib.import_module("numba")
    types = tuple(numba.typeof(argument) if isinstance(argument, np.ndarray | np.void | tuple) else numba.int64 for argument in arguments)
    function.compile(types)
    made = function.overloads[types]
    result = str(made.signature.return_type)
    if result not in RESULTS:
        raise MisuseError(f"{function.__name__} gives {result}: called from Python, a kernel gives one integer or nothing")
    return ObjectFile(made.fndesc.llvm_func_name, result, made.library.serialize_using_object_code()[2][0])


def load(made: ObjectFile, places: int) -> Callable[[Sequence[Any]], Any]:
    """The machine code as a function of a sequence of arguments, which are so many numbers when they are flat.

    Other threads run while it does.
    """
    linker = _linker()
    linker.add_object_file(_binding().ObjectFileRef.from_data(made.code))
    linker.finalize_object()
    of_result = RESULTS[made.result]
    number, address = ctypes.c_int64, ctypes.c_void_p
    run = ctypes.CFUNCTYPE(ctypes.c_int32, address, address, *[number] * places)(linker.get_function_address(made.symbol))

    def call(arguments: Sequence[Any]) -> Any:
        result, problem = of_result(), address()
        status = run(ctypes.addressof(result), ctypes.addressof(problem), *flat(arguments))
        assert status in NOT_RAISED, "a kernel raised something"
        return None if made.result == "none" else result.value

    return call


def host() -> str:
    """The processor that the machine code is for."""
    binding = _binding()
    return f"{binding.get_process_triple()} {binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


@functools.cache
def _binding() -> Any:
    import llvmlite.binding as llvm

    with contextlib.suppress(RuntimeError):  # newer versions do it by themselves, and say so
        llvm.initialize()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@functools.cache
def _linker() -> Any:
    """What puts machine code into memory, and keeps it there."""
    llvm = _binding()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(jit=True, codemodel="jitdefault")
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
