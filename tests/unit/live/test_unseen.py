"""Reasons why something could not be seen."""

from __future__ import annotations

import pytest

from estab.errors import PermissionNeeded
from estab.live.unseen import reason_of


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (PermissionNeeded("no", capability="CAP_NET_ADMIN"), "not permitted; needs CAP_NET_ADMIN"),
        (PermissionError(13, "Permission denied"), "not permitted"),
        (FileNotFoundError(2, "No such file"), "this kernel or this namespace does not have it"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (OSError(5, None), "Input/output error"),
        (ValueError("x"), "not understood: x"),
    ],
)
def test_reasons(problem: Exception, said: str) -> None:
    assert str(reason_of(problem)) == said
