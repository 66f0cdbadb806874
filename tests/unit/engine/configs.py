"""Ingredients of connections for tests."""

from __future__ import annotations

from estab.chance import Chance
from estab.engine.isn import HostSecrets
from estab.engine.limits import ChallengeLimit
from estab.engine.options import DEFAULT_SETTINGS, ConnectionConfig, Settings
from estab.flow import Endpoint
from estab.knobs.declare import Profile
from estab.knobs.values import KnobValues, Value, profile_values

CLIENT, SERVER = Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 80)
LINUX = profile_values(Profile.LINUX)


def config(
    local: Endpoint = CLIENT,
    remote: Endpoint | None = SERVER,
    *,
    seed: int = 1,
    knobs: KnobValues = LINUX,
    settings: Settings = DEFAULT_SETTINGS,
    mtu_bytes: int = 1500,
    **changes: Value,
) -> ConnectionConfig:
    """A host's usual ingredients; `changes` are knobs."""
    chance = Chance(seed)
    knobs = knobs.but(**changes) if changes else knobs
    return ConnectionConfig(
        local=local,
        remote=remote,
        knobs=knobs,
        chance=chance.child("connection"),
        secrets=HostSecrets(chance),
        challenges=ChallengeLimit(knobs.tcp_challenge_ack_limit, chance.child("challenges")),
        mtu_bytes=mtu_bytes,
        settings=settings,
    )
