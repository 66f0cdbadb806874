"""The verbs as functions: `estab.trace(*paths)`, `estab.diagnose(*paths)` and `estab.drill(*paths)`.

One pass over the captures (`one_pass`) serves both.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from estab.errors import MisuseError
from estab.instant import SECOND_NS
from estab.lives import Life
from estab.one_pass import Path, Watcher, analyse
from estab.report.diagnosis_json import diagnosis_to_dict
from estab.report.model import Analysis, HostAnalysis
from estab.report.packets import PacketKeeper
from estab.report.rehearsal import Rehearsal, SeenAtHost
from estab.report.rehearsal_json import rehearsal_to_dict
from estab.report.trace_json import trace_to_dict
from estab.text import msg

if TYPE_CHECKING:
    from estab.capture.summary import CaptureSummary
    from estab.diagnose.finding import Finding
    from estab.diagnose.run import NotRun
    from estab.drill.result import Drill
    from estab.drill.verdict import Run as ScriptRun
    from estab.knobs.audit import Recommendation
    from estab.lab.runner import Run
    from estab.lab.scenario import LoadedScenario, Setting
    from estab.live.listing import Listing
    from estab.live.namespaces import Namespace
    from estab.live.tuned import Tuned
    from estab.live.tuning import Step, Tuner
    from estab.snapshot import HostSnapshot, SocketSnapshot
    from estab.text import Translator
    from estab.track import Connections

__all__ = [
    "HOST_LASTS_S",
    "CaptureDiagnosis",
    "HostDiagnosis",
    "LabRun",
    "Sockets",
    "Telling",
    "Trace",
    "Tune",
    "Watcher",
    "analyse",
    "analyse_bytes",
    "diagnose",
    "drill",
    "lab_run",
    "lab_scenarios",
    "rehearsal_of",
    "sockets",
    "trace",
    "tune",
    "undo_tuning",
]

HOST_LASTS_S = 5.0
"""Time between the two readings of a host unless told otherwise."""


class _OfCaptures:
    """What both results tell about the captures."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    @property
    def summary(self) -> CaptureSummary:
        """What was read."""
        return self.analysis.capture

    @property
    def partial(self) -> bool:
        """True where reading was interrupted."""
        return self.analysis.partial


class Trace(_OfCaptures):
    """The connections of captures.

    `connections` has them as columns, `to_dict()` as the document `estab.trace/1`.
    """

    @property
    def connections(self) -> Connections:
        """The connections as columns."""
        return self.analysis.connections

    def to_dict(self, translator: Translator | None = None) -> dict[str, Any]:
        """The document `estab.trace/1`."""
        return trace_to_dict(self.analysis, translator=translator)


class CaptureDiagnosis(_OfCaptures):
    """What was found in captures: `findings` worst first, `not_run` with reasons, `to_dict()` the document `estab.diagnosis/1`."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, worst first."""
        return self.analysis.diagnosis.findings

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """The rules that could not run, with the reason."""
        return self.analysis.diagnosis.not_run

    @property
    def trace(self) -> Trace:
        """The connections of the same pass."""
        return Trace(self.analysis)

    def to_dict(self, translator: Translator | None = None) -> dict[str, Any]:
        """The document `estab.diagnosis/1`; texts in the translator's language."""
        return diagnosis_to_dict(self.analysis, translator)


class HostDiagnosis:
    """What was found at a host: `findings` worst first, `not_run` with reasons, `to_dict()` the document `estab.diagnosis/1`."""

    def __init__(self, analysis: HostAnalysis) -> None:
        self.analysis = analysis

    @property
    def host(self) -> HostSnapshot:
        """The later of the two readings."""
        return self.analysis.host

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, worst first."""
        return self.analysis.diagnosis.findings

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """The rules that could not run, with the reason."""
        return self.analysis.diagnosis.not_run

    def to_dict(self, translator: Translator | None = None) -> dict[str, Any]:
        """The document `estab.diagnosis/1`."""
        from estab.report.host_json import host_to_dict

        return host_to_dict(self.analysis, translator)


class LabRun:
    """A scenario of the lab that has run: `run` is the world as it was left, `rehearsal` what reports are made from."""

    def __init__(self, run: Run, rehearsal: Rehearsal) -> None:
        self.run, self.rehearsal = run, rehearsal

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of its capture, worst first."""
        return self.rehearsal.analysis.diagnosis.findings

    @property
    def as_expected(self) -> bool:
        """Whether findings, states and the scenario's own check are as declared."""
        return self.rehearsal.as_expected

    def pcapng(self) -> bytes:
        """The capture."""
        return self.run.pcapng()

    def to_dict(self, translator: Translator | None = None) -> dict[str, Any]:
        """The document `estab.lab/1`."""
        return rehearsal_to_dict(self.rehearsal, translator)


def lab_scenarios() -> tuple[LoadedScenario, ...]:
    """The scenarios that come with the project, by name."""
    from estab.lab.library import all_scenarios

    return all_scenarios()


def lab_run(
    scenario: str,
    *,
    seed: int = 0,
    settings: Mapping[str, Setting] | None = None,
    as_twin: bool = False,
    connection: int = 0,
    hosts: bool = False,
) -> LabRun:
    """Runs a scenario, by its name or by the path of a file of yours (`.py`), and diagnoses its capture.

    `settings` are parameters of the scenario and kernel knobs (`tcp_retries2`, or `server.somaxconn` for one host); `connection` is the one
    whose packets are shown.  With `hosts` every host is diagnosed too, as `estab diagnose` would from there.
    """
    from estab.lab.library import find
    from estab.lab.runner import run_scenario

    run = run_scenario(find(scenario), seed=seed, settings=settings, as_twin=as_twin, reads_hosts=hosts)
    return LabRun(run, rehearsal_of(run, expects=not settings, connection=connection))


def rehearsal_of(run: Run, *, expects: bool = True, connection: int = 0) -> Rehearsal:
    """What reports are made from: the run's capture goes the way of every capture."""
    keeper, declared = PacketKeeper(connection), run.loaded.scenario
    analysis = analyse_bytes(run.pcapng(), f"{run.name}.pcapng", watchers=[keeper])
    return Rehearsal(
        name=run.name,
        title=declared.title,
        paragraph=declared.paragraph,
        look=declared.look,
        behaviours=declared.behaviours,
        seed=run.seed,
        as_twin=run.as_twin,
        parameters=vars(run.given),
        virtual_ns=run.world.elapsed_ns,
        events=run.world.clock.done,
        packets=run.world.clock.packets,
        results=run.told,
        counters=run.counters,
        timeline=run.timeline.records,
        analysis=analysis,
        keeper=keeper,
        expected=run.expected_findings if expects else None,
        compared=run.witness.compared,
        disagreements=[str(disagreement) for disagreement in run.disagreements],
        hosts=_seen_at_hosts(run),
        problem=run.problem,
    )


def _seen_at_hosts(run: Run) -> list[SeenAtHost] | None:
    if run.readings is None:
        return None
    from estab.rehearse import seen_at_hosts

    return seen_at_hosts(run.readings)


def analyse_bytes(capture: bytes, name: str, *, watchers: Iterable[Watcher] = ()) -> Analysis:
    """One pass over a capture in memory, called `name`."""
    analysis = analyse(["-"], stdin=io.BytesIO(capture), watchers=watchers)
    analysis.capture.files[:] = [name]
    return analysis


def trace(*paths: Path, life: Life | None = None) -> Trace:
    """The connections of captures; several captures named together are one, in time order.

    `-` is standard input; `life` forces the interpreted or the compiled packet loop.  Raises InputError where nothing can be read.
    """
    if not paths:
        raise MisuseError("name at least one capture: estab.trace('a.pcap')")
    return Trace(analyse(paths, life=life))


@overload
def diagnose(*, lasts_s: float = ..., netns: str | None = ..., pid: int | None = ..., interface: str | None = ...) -> HostDiagnosis: ...


@overload
def diagnose(path: Path, /, *paths: Path, life: Life | None = ...) -> CaptureDiagnosis: ...


def diagnose(
    *paths: Path,
    life: Life | None = None,
    lasts_s: float = HOST_LASTS_S,
    netns: str | None = None,
    pid: int | None = None,
    interface: str | None = None,
) -> CaptureDiagnosis | HostDiagnosis:
    """The findings of captures (several named together are one, in time order); without any, those of this host.

    A host is read twice, `lasts_s` apart, in its own network namespace or in `netns` or that of process `pid`; the packets of `interface`
    are captured meanwhile and joined with its sockets.  `estab.observe.watch_host` goes on.  Raises InputError where no capture can be
    read, PermissionNeeded where a namespace may not be entered or packets may not be captured.
    """
    if not paths:
        from estab.observe import HostRequest, analyse_host

        return HostDiagnosis(analyse_host(HostRequest(netns=netns, pid=pid, interface=interface), round(lasts_s * SECOND_NS)))
    return CaptureDiagnosis(analyse(paths, life=life))


class Sockets:
    """The TCP sockets of a host that were asked for; `to_dict()` is the document `estab.sockets/1`."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing

    @property
    def host(self) -> HostSnapshot:
        """The snapshot: all sockets as a table, counters, settings, owners, and what could not be seen."""
        return self.listing.host

    @property
    def rows(self) -> list[SocketSnapshot]:
        """The sockets that fit, in their order, with their owners where these were asked for."""
        from dataclasses import replace

        from estab.snapshot_table import socket_row

        view = self.listing.view
        return [replace(socket_row(view.table, row), owners=view.owners_of(row)) for row in self.listing.rows.tolist()]

    def to_dict(self, translator: Translator | None = None) -> dict[str, Any]:
        """The document `estab.sockets/1`."""
        from estab.report.sockets_json import sockets_to_dict

        return sockets_to_dict(self.listing, translator)


def sockets(
    filter: str | None = None,  # noqa: A002 - what it is called everywhere
    *,
    by: str | None = None,
    sort: str | None = None,
    owners: bool = False,
    limit: int | None = None,
    netns: str | None = None,
    pid: int | None = None,
) -> Sockets:
    """The TCP sockets of this host, or of the network namespace `netns` or that of process `pid`, that fit a filter.

    `estab.sockets("state == CLOSE-WAIT and age > 1m", owners=True)`; `by` counts them in groups (`"state,peer"`).  Raises MisuseError
    for a filter that has no meaning, with its column, and PermissionNeeded where a namespace may not be entered.
    """
    from estab.live.listing import Request, list_sockets

    return Sockets(list_sockets(Request(filter=filter, by=by, sort=sort, owners=owners, limit=limit, netns=netns, pid=pid)))


class Telling(NamedTuple):
    """Who is told of each change of a setting, before it is made and after."""

    before: Callable[[Step], None]
    after: Callable[[Step], None]


def _tell_nobody(step: Step) -> None:
    del step


class Tune:
    """The settings of a host, judged; `apply` changes them, `to_dict()` is the document `estab.tune/1`."""

    def __init__(self, tuned: Tuned) -> None:
        self.tuned = tuned

    @property
    def recommendations(self) -> tuple[Recommendation, ...]:
        """What should change, worst first."""
        return self.tuned.recommendations

    def apply(self, *, telling: Telling | None = None, journal: Path | None = None) -> list[Step]:
        """Makes the recommended changes, one at a time, and notes each in the journal before it is made.

        Raises PermissionNeeded at the first that is refused; those before it stay made and noted.
        """
        told = telling or Telling(_tell_nobody, _tell_nobody)
        return _tuner(self.tuned.namespace, journal).apply(self.tuned.recommendations, told.before, told.after)

    def to_dict(self, translator: Translator | None = None) -> dict[str, Any]:
        """The document `estab.tune/1`."""
        from estab.report.tune_json import tune_to_dict

        return tune_to_dict(self.tuned, translator)


def tune(*, profile: str | None = None, only: Iterable[str] = (), netns: str | None = None, pid: int | None = None) -> Tune:
    """The settings of this host or of a network namespace, with what is known to do harm or to do nothing; nothing is changed.

    `profile` (busy-client, web-edge, long-lived) adds what suits a purpose; `only` keeps to some settings.
    """
    from estab.live.namespaces import chosen_namespace
    from estab.live.tuned import read_tuned

    return Tune(read_tuned(profile=profile, only=tuple(only), namespace=chosen_namespace(netns, pid)))


def undo_tuning(
    *, netns: str | None = None, pid: int | None = None, telling: Telling | None = None, journal: Path | None = None
) -> tuple[list[Step], int]:
    """Brings back what `Tune.apply` changed in a namespace, where it still is as written; and how many changes of others stay noted."""
    from estab.live.namespaces import chosen_namespace

    told = telling or Telling(_tell_nobody, _tell_nobody)
    return _tuner(chosen_namespace(netns, pid), journal).undo(told.before, told.after)


def _tuner(namespace: Namespace | None, journal: Path | None) -> Tuner:
    import pathlib

    from estab.live.journal import Journal, default_place
    from estab.live.tuning import Tuner

    return Tuner(Journal(default_place() if journal is None else pathlib.Path(journal)), namespace)


def drill(*paths: Path, ip_versions: Iterable[str] = (), settings: Iterable[str] = ()) -> Drill:
    """Runs packet scripts (files, folders of them) on the engine in virtual time.

    `ip_versions` narrows the families of addresses (`ipv4`, `ipv4-mapped-ipv6`, `ipv6`); `settings` are knobs as `name=value`.
    Raises InputError for a file that cannot be read, MisuseError for a setting that no kernel would take.
    """
    from estab.capture.scripts import read_script, script_paths
    from estab.drill.config import Family
    from estab.drill.result import Drill
    from estab.drill.runner import run_script
    from estab.knobs.declare import Profile
    from estab.knobs.values import profile_values

    knobs = profile_values(Profile.LINUX).changed(dict(_setting(text) for text in settings))
    families = tuple(Family(version) for version in ip_versions)
    runs: list[ScriptRun] = []
    for path in script_paths(paths):
        runs += run_script(read_script(path), path, families=families, knobs=knobs)
    return Drill(tuple(runs))


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise MisuseError(msg("a setting is written KNOB=VALUE, not {found}", found=text))
    return name, value
