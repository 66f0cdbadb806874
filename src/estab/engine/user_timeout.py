"""The user timeout option (RFC 5482): how long data may stay unacknowledged, when both ends have a word in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estab.engine.options import Settings

LOWER_LIMIT_S, UPPER_LIMIT_S = 100, 7200
"""L_LIMIT and U_LIMIT: no peer may talk this end into less or more (RFC 5482 §3.1 asks for at least 100 s)."""


def effective_ms(settings: Settings, peer_s: int | None) -> int:
    """USER_TIMEOUT = min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)); 0: none beside the retransmission limits.

    What the user has set (TCP_USER_TIMEOUT) is not changed by the peer: CHANGEABLE is false then (RFC 5482 §3).  Without an
    announcement of its own this end ignores the peer's.
    """
    if settings.user_timeout_ms:
        return settings.user_timeout_ms
    if not settings.advertised_user_timeout_s:
        return 0
    return min(UPPER_LIMIT_S, max(settings.advertised_user_timeout_s, peer_s or 0, LOWER_LIMIT_S)) * 1000
