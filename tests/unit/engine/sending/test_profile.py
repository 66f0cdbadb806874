from __future__ import annotations

import pytest

from estab.engine.sending.profile import SendingLimits
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values
from tests.unit.engine.sending.line import LINUX


def test_all_connections_of_a_set_of_knobs_share_their_limits() -> None:
    assert LINUX.derived(SendingLimits) is LINUX.derived(SendingLimits)
    assert LINUX.but(tcp_frto=0).derived(SendingLimits).frto is False


def test_units_and_bits() -> None:
    limits = LINUX.but(tcp_rto_max_ms=60_000, tcp_rto_min_us=5_000, tcp_recovery=6, tcp_early_retrans=0).derived(SendingLimits)
    assert (limits.rto_max_us, limits.rto_min_us) == (60_000_000, 5_000)
    assert (limits.rack, limits.rack_static_window, limits.rack_ignores_dupthresh) == (False, True, True)
    assert not limits.probes_tail


@pytest.mark.parametrize("profile", Profile)
def test_every_profile_has_what_a_sender_needs(profile: Profile) -> None:
    limits = profile_values(profile).derived(SendingLimits)
    assert all(getattr(limits, name) is not None for name in SendingLimits.__slots__)
