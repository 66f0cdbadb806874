"""Runs a scenario: builds its world, lets its time pass, and keeps what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from estab.errors import MisuseError
from estab.instant import SECOND_NS
from estab.knobs.catalog import KNOBS, find_knob
from estab.lab.clock import Limits
from estab.lab.host import Host
from estab.lab.loop import Disagreement, Witness
from estab.lab.mistakes import blamed_on, nearest
from estab.lab.readings import HostReadings
from estab.lab.scenario import Given, LoadedScenario, Setting
from estab.lab.tap import Tap
from estab.lab.timeline import Timeline
from estab.lab.truth import Truth
from estab.lab.units import span_ns
from estab.lab.world import World
from estab.text import Text, msg

if TYPE_CHECKING:
    from estab.track.connections import Connections


READINGS = 30
"""So often hosts are read in a run, unless a second is more."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A scenario that has run."""

    loaded: LoadedScenario
    seed: int
    as_twin: bool
    given: Given
    world: World
    tap: Tap
    witness: Witness
    connections: Connections
    """What the tracker made of the capture."""
    readings: HostReadings | None = None
    """Its hosts, read again and again, where that was asked for."""
    problem: str = ""
    """What `verify` found to be otherwise than it must be; empty: nothing."""

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.loaded.name

    @property
    def results(self) -> dict[str, Any]:
        """What the programs left behind."""
        return self.world.results

    @property
    def told(self) -> dict[str, Any]:
        """The results, and which programs ended by an error that they did not catch."""
        ended = [f"{process.host.name}/{process.name}: {task.error}" for process, task in self.world.failures]
        return {**self.results, "uncaught": ", ".join(ended)} if ended else self.results

    @property
    def timeline(self) -> Timeline:
        """What happened."""
        assert self.world.timeline is not None
        return self.world.timeline

    @property
    def disagreements(self) -> list[Disagreement]:
        """Where the tracker's sets missed the truth."""
        return self.witness.disagreements

    @property
    def expected_findings(self) -> frozenset[str]:
        """Codes of the warnings and criticals that the capture must yield."""
        return frozenset() if self.as_twin else frozenset(self.loaded.scenario.findings)

    @property
    def counters(self) -> dict[str, dict[str, int]]:
        """What each host's stack has counted."""
        hosts = (node for node in self.world.nodes.values() if isinstance(node, Host))
        return {host.name: {name: count for name, count in sorted(host.stack.counters.items()) if count} for host in hosts}

    def host(self, name: str) -> Host:
        """A host by name."""
        host = self.world.nodes[name]
        assert isinstance(host, Host), f"{name} is no host"
        return host

    def pcapng(self) -> bytes:
        """The capture."""
        return self.tap.pcapng(f"estab lab run {self.name} --seed {self.seed}")

    def digest(self) -> str:
        """Stands for every byte of the capture and every record of the timeline."""
        told = json.dumps(self.timeline.to_list(), sort_keys=True, default=str)
        return hashlib.blake2b(self.pcapng() + told.encode(), digest_size=16).hexdigest()


def run_scenario(
    loaded: LoadedScenario,
    *,
    seed: int = 0,
    settings: Mapping[str, Setting] | None = None,
    as_twin: bool = False,
    limits: Limits | None = None,
    reads_hosts: bool = False,
) -> Run:
    """Runs a scenario once.

    `settings` are its parameters, kernel knobs of all hosts (`tcp_retries2`), or of one (`server.somaxconn`).  With `as_twin` it runs with
    the parameters of its healthy twin.  With `reads_hosts` every host is read at whole steps of time, as a live one would be.
    """
    parameters, knobs = split_settings(loaded, settings or {})
    given = loaded.scenario.given(parameters, as_twin=as_twin)
    world = World(seed=seed, timeline=True, limits=limits, overrides=knobs)
    world.truth = Truth()
    with blamed_on(loaded.path):
        loaded.build(world, given)
    tap = tap_at(world, loaded.scenario.tap)
    witness = Witness(tap)
    lasts_ns = span_ns(loaded.scenario.lasts)
    readings = HostReadings(world, max(lasts_ns // READINGS, SECOND_NS)) if reads_hosts else None
    with blamed_on(loaded.path):
        world.clock.run_until(world.now_ns + lasts_ns)
    unused = sorted(set(knobs) - {""} - set(world.nodes))
    if unused:
        raise MisuseError(msg("no host {name}; there are: {names}", name=unused[0], names=", ".join(sorted(world.nodes))))
    run = Run(
        loaded=loaded, seed=seed, as_twin=as_twin, given=given, world=world, tap=tap, witness=witness, connections=witness.finish(),
        readings=readings,
    )  # fmt: skip
    if not settings:
        object.__setattr__(run, "problem", verified(run))
    world.dismiss()
    return run


def verified(run: Run) -> str:
    """What the scenario's own check says; empty where all is as it must be."""
    try:
        with blamed_on(run.loaded.path):
            (run.loaded.verify_twin if run.as_twin else run.loaded.verify)(run)
    except AssertionError as problem:
        return str(problem).partition("\n")[0] or "an assertion without words"
    except LookupError as problem:
        return f"{type(problem).__name__}: {problem}"
    return ""


def split_settings(loaded: LoadedScenario, settings: Mapping[str, Setting]) -> tuple[dict[str, Setting], dict[str, dict[str, Setting]]]:
    """Parameters of the scenario, and knobs by host (the empty name: all hosts)."""
    parameters: dict[str, Setting] = {}
    knobs: dict[str, dict[str, Setting]] = {}
    for name, value in settings.items():
        host, _, rest = name.partition(".")
        if name in loaded.scenario.parameters:
            parameters[name] = value
        elif find_knob(name) is not None:
            knobs.setdefault("", {})[name] = value
        elif rest and find_knob(rest) is not None:
            knobs.setdefault(host, {})[rest] = value
        else:
            raise MisuseError(_unknown(rest or name, name, sorted(loaded.scenario.parameters)))
    return parameters, knobs


def _unknown(last: str, name: str, parameters: list[str]) -> Text:
    """What to say of a name that nobody knows; `last` is what stands behind the host's name."""
    near, names = nearest(last, [*parameters, *KNOBS]), ", ".join(parameters) or "-"
    values = {"name": name, "names": names}
    if near:
        return msg("{name} is neither a parameter of the scenario ({names}) nor a kernel knob; did you mean {near}?", near=near, **values)
    return msg("{name} is neither a parameter of the scenario ({names}) nor a kernel knob", **values)


def tap_at(world: World, name: str) -> Tap:
    """A tap at a node, at a link, or at an interface (`client:lo`, `router:client`) by its name."""
    node = world.nodes.get(name.partition(":")[0])
    if node is not None and node.name == name:
        return world.tap(node, name)
    if isinstance(node, Host) and name == f"{node.name}:lo":
        return world.tap(node, name, loopback=True)
    for place in (*world.links, *(node.ports if node is not None else ())):
        if place.name == name:
            return world.tap(place, name)
    raise MisuseError(f"no place {name} for a capture")
