"""What a scenario asserts is due to the mechanism that it shows: without the mechanism its check fails."""

from __future__ import annotations

import pytest

from estab.lab.library import load, names
from estab.lab.runner import run_scenario, verified
from estab.lab.scenario import Setting

WITHOUT: list[tuple[str, dict[str, Setting]]] = [
    ("abort_on_overflow", {"server.tcp_abort_on_overflow": 0}),
    ("bbr_against_cubic", {"loss": 0.0}),
    ("blind_reset", {"guesses": 0}),
    ("bufferbloat", {"queue": 20}),
    ("bufferbloat", {"algorithm": "bbr"}),
    ("connection_flood", {"per_source": 10}),
    ("cubic_growth", {"algorithm": "reno"}),
    ("defer_accept", {"seconds": 0}),
    ("ecn_marks", {"client.tcp_ecn": 0}),
    ("ecn_marks", {"mark_bytes": 10_000_000}),
    ("f_rto", {"client.tcp_frto": 0}),
    ("false_established", {"keepidle": 5}),
    ("fast_open", {"server.tcp_fastopen": 0}),
    ("fast_retransmit", {"client.tcp_recovery": 0, "client.tcp_reordering": 100}),
    ("filtered", {"client.tcp_syn_linear_timeouts": 0}),
    ("fin_wait2_orphan", {"client.tcp_fin_timeout": 30}),
    ("heartbeat", {"who": "nobody"}),
    ("hystart", {"exit": "none"}),
    ("hystart", {"exit": "hystart_plus_plus"}),
    ("hystart_plus_plus", {"exit": "none"}),
    ("hystart_plus_plus", {"exit": "hystart"}),
    ("idle_restart", {"client.tcp_slow_start_after_idle": 0}),
    ("lost_retransmission", {"client.tcp_recovery": 0}),
    ("network_duplicate", {"server.tcp_dsack": 0}),
    ("new_reno", {"sack": 1}),
    ("orphan_retries", {"client.tcp_orphan_retries": 2}),
    ("paws", {"timestamps": "no"}),
    ("peer_power_off", {"client.tcp_retries2": 5}),
    ("pmtu_probing", {"tcp_mtu_probing": 0}),
    ("reliable_over_datagrams", {"datagrams": "no"}),
    ("reno_sawtooth", {"algorithm": "cubic"}),
    ("reordering", {"client.tcp_recovery": 0}),
    ("reordering", {"client.tcp_timestamps": 0, "client.tcp_max_reordering": 3, "client.tcp_recovery": 0}),
    ("sack_recovery", {"tcp_sack": 0}),
    ("somaxconn_at_listen", {"somaxconn": 4096}),
    ("spurious_timeout", {"client.tcp_timestamps": 0}),
    ("syn_cookie_options", {"cookies": 1}),
    ("syn_flood", {"server.tcp_syncookies": 1}),
    ("syn_flood_with_cookies", {"server.tcp_syncookies": 0}),
    ("tail_loss_probe", {"client.tcp_early_retrans": 0}),
    ("time_wait_assassination", {"client.tcp_rfc1337": 1}),
    ("time_wait_overflow", {"server.tcp_max_tw_buckets": 100}),
    ("time_wait_reuse", {"client.tcp_tw_reuse": 0}),
    ("user_timeout", {"user_timeout": 0}),
    ("window_scaling", {"scales": "yes"}),
    ("zero_window_recovers", {"lost": 0}),
]
"""Scenarios, and what turns off the mechanism that each shows: a knob, or a parameter of its own."""


WITH: list[tuple[str, dict[str, Setting]]] = [
    ("filtered", {"client.tcp_retries2": 3}),
    ("heartbeat", {"who": "client"}),
    ("keepalive_dead_peer", {"keepcnt": 9}),
    ("lost_retransmission", {"server.tcp_recovery": 0}),
    ("port_exhaustion", {"ports": 30}),
    ("ports_per_destination", {"ports": 30}),
    ("sack_recovery", {"losses": 3}),
    ("short_connections", {"requests": 30}),
    ("zero_window", {"megabytes": 9}),
]
"""Scenarios whose checks hold with other values as well: they are about the mechanism and not about one run."""


@pytest.mark.parametrize(("name", "settings"), WITH, ids=[f"{name} {settings}" for name, settings in WITH])
def test_what_is_asserted_holds_with_other_values(name: str, settings: dict[str, Setting]) -> None:
    assert verified(run_scenario(load(name), settings=settings)) == ""


@pytest.mark.parametrize(("name", "settings"), WITHOUT, ids=[f"{name} {settings}" for name, settings in WITHOUT])
def test_without_its_mechanism_a_scenario_fails(name: str, settings: dict[str, Setting]) -> None:
    assert verified(run_scenario(load(name), settings=settings)) != ""


@pytest.mark.parametrize("name", [name for name in names() if load(name).scenario.twin is not None])
def test_a_twin_is_another_thing(name: str) -> None:
    """What is asserted of the fault does not hold of the healthy twin."""
    twin = run_scenario(load(name), as_twin=True)
    object.__setattr__(twin, "as_twin", False)
    assert verified(twin) != ""
