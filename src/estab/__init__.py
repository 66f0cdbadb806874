"""estab shows which state every TCP connection is in and explains why it is stuck.

>>> import estab
>>> estab.trace.__name__, estab.diagnose.__name__
('trace', 'diagnose')

Importing the package imports nothing heavy; `trace`, `diagnose` and `explain` load what they need when first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estab.api import diagnose, trace
    from estab.errors import InputError, MisuseError
    from estab.explain.lookup import explain

__version__ = "0.1.0"
__all__ = ["InputError", "MisuseError", "__version__", "diagnose", "explain", "trace"]

_HOMES = {
    "trace": "estab.api",
    "diagnose": "estab.api",
    "InputError": "estab.errors",
    "MisuseError": "estab.errors",
    "explain": "estab.explain.lookup",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'estab' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
