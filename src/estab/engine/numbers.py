"""Equal numbers as one object: sizes that thousands of idle connections have in common take 28 bytes in each of them otherwise."""

from __future__ import annotations

import functools


@functools.lru_cache(maxsize=4096)
def shared_size(size: int) -> int:
    """The same number, and the same object for all who ask; for what stays as it is for long, not for every segment."""
    return size
