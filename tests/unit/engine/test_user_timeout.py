from __future__ import annotations

import pytest

from estab.engine.options import Settings
from estab.engine.user_timeout import effective_ms


@pytest.mark.parametrize(
    ("own_ms", "advertised_s", "peer_s", "expected_ms"),
    [
        (0, 0, None, 0),
        (0, 0, 300, 0),  # this end has not announced anything: RFC 5482 is off
        (5000, 0, None, 5000),
        (5000, 120, 300, 5000),  # what the user set is not changed by the peer
        (0, 120, None, 120_000),
        (0, 120, 300, 300_000),
        (0, 120, 1, 120_000),
        (0, 1, 1, 100_000),  # never below 100 s
        (0, 120, 1_000_000, 7_200_000),
    ],
)
def test_user_timeout(own_ms: int, advertised_s: int, peer_s: int | None, expected_ms: int) -> None:
    assert effective_ms(Settings(user_timeout_ms=own_ms, advertised_user_timeout_s=advertised_s), peer_s) == expected_ms
