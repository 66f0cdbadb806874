from __future__ import annotations

from dataclasses import replace

import pytest

from estab.errors import MisuseError
from estab.lab.clock import Limits, RunawayError
from estab.lab.library import load
from estab.lab.runner import Run, run_scenario, split_settings, tap_at
from estab.lab.timeline import Happening
from estab.lab.world import World


def test_a_run_keeps_what_came_of_it() -> None:
    run = run_scenario(load("refused"))
    assert run.problem == "" and run.results == {"connect()": "ECONNREFUSED"} and run.expected_findings == {"handshake.refused"}
    assert run.connections.count == 3 and not run.disagreements
    assert run.counters["server"]["Tcp.OutRsts"] == 3
    assert next(run.timeline.of(Happening.CALL)).where == "client"
    assert run.world.elapsed_ns == 60 * 10**9
    run.world.router("nat")
    with pytest.raises(AssertionError, match="nat is no host"):
        run.host("nat")


def test_the_twin_expects_nothing() -> None:
    run = run_scenario(load("refused"), as_twin=True)
    assert run.problem == "" and run.expected_findings == frozenset() and run.given.listens


def test_a_check_that_fails_is_told_in_one_line() -> None:
    def verify(run: Run) -> None:
        assert run.given.attempts == 99, f"only {run.given.attempts}\nand more"

    assert run_scenario(replace(load("refused"), verify=verify)).problem == "only 3"


def test_with_settings_of_ones_own_nothing_is_checked() -> None:
    run = run_scenario(load("refused"), settings={"attempts": "1", "client.tcp_syn_retries": "2", "tcp_sack": "0"})
    assert run.connections.count == 1 and run.problem == ""
    assert run.host("client").knobs.tcp_syn_retries == 2 and run.host("server").knobs.tcp_syn_retries == 6
    assert run.host("server").knobs.tcp_sack == 0


def test_settings_are_parameters_or_knobs() -> None:
    parameters, knobs = split_settings(load("refused"), {"attempts": 1, "tcp_retries2": 4, "server.somaxconn": 3, "net.core.somaxconn": 9})
    assert parameters == {"attempts": 1}
    assert knobs == {"": {"tcp_retries2": 4, "net.core.somaxconn": 9}, "server": {"somaxconn": 3}}
    with pytest.raises(MisuseError, match=r"atempts is neither a parameter of the scenario \(attempts, listens\)"):
        split_settings(load("refused"), {"atempts": 1})


def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(MisuseError, match="no host sever; there are: client, server"):
        run_scenario(load("refused"), settings={"sever.somaxconn": 3})


def test_places_for_captures() -> None:
    world = World()
    one, router = world.host("one"), world.router("router")
    world.link(one, router)
    assert [tap_at(world, name).name for name in ("one", "one-router", "one:lo", "router:one")] == [
        "one",
        "one-router",
        "one:lo",
        "router:one",
    ]
    with pytest.raises(MisuseError, match="no place two"):
        tap_at(world, "two")


def test_a_run_without_end_is_stopped() -> None:
    with pytest.raises(RunawayError):
        run_scenario(load("zero_window"), limits=Limits(events=1000))


def test_a_program_that_ended_by_an_error_is_told() -> None:
    run = run_scenario(load("cubic_growth"), settings={"algorithm": "vegas"})
    assert run.told["uncaught"].startswith("client/client: ") and "ENOENT" in run.told["uncaught"] and "uncaught" not in run.results
    assert "uncaught" not in run_scenario(load("refused")).told


def test_a_congestion_control_that_does_not_exist() -> None:
    with pytest.raises(MisuseError, match="no congestion control vegas; there are: reno, cubic, bbr"):
        run_scenario(load("refused"), settings={"tcp_congestion_control": "vegas"})
