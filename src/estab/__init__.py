"""estab shows which state every TCP connection is in and explains why it is stuck.

>>> import estab
>>> estab.trace.__name__, estab.diagnose.__name__
('trace', 'diagnose')

Importing the package imports nothing heavy; `trace`, `diagnose` and `explain` load what they need when first asked for.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estab.api import diagnose, drill, sockets, trace, tune
    from estab.errors import InputError, MisuseError
    from estab.explain.lookup import explain

__version__ = "0.1.0"
__all__ = ["InputError", "MisuseError", "__version__", "diagnose", "drill", "explain", "sockets", "trace", "tune"]

_HOMES = {
    "trace": "estab.api",
    "diagnose": "estab.api",
    "drill": "estab.api",
    "sockets": "estab.api",
    "tune": "estab.api",
    "InputError": "estab.errors",
    "MisuseError": "estab.errors",
    "explain": "estab.explain.lookup",
}


class _Front(types.ModuleType):
    """The package as callers see it: `estab.diagnose` is the call, also after the package of that name was imported.

    Importing a package binds it as an attribute of its parent; for the names of calls that is left out.  `from estab.diagnose.run import …`
    does not need the attribute.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'estab' has no attribute {name!r}")
        return getattr(importlib.import_module(_HOMES[name]), name)


sys.modules[__name__].__class__ = _Front
