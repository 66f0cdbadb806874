"""The verbs as functions: `estab.trace(*paths)`, `estab.diagnose(*paths)` and `estab.drill(*paths)`.

One pass over the captures serves both: packets are tracked while they are read, rules run over the columns at the end.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, BinaryIO

from estab.capture.reader import Chunk, Reader
from estab.capture.stop import StopSign
from estab.diagnose.facts import Facts
from estab.diagnose.run import diagnose as run_rules
from estab.errors import InputError, MisuseError
from estab.first_use import compile_side_by_side
from estab.lives import Life
from estab.report.diagnosis_json import diagnosis_to_dict
from estab.report.model import Analysis
from estab.report.trace_json import trace_to_dict
from estab.text import msg
from estab.track import Tracker

if TYPE_CHECKING:
    from estab.capture.summary import CaptureSummary
    from estab.diagnose.finding import Finding
    from estab.diagnose.run import NotRun
    from estab.drill.verdict import Run
    from estab.text import Translator
    from estab.track import Connections

Path = str | os.PathLike[str]
Watcher = Callable[[Chunk], None]


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


def trace(*paths: Path, life: Life | None = None) -> Trace:
    """The connections of captures; several captures named together are one, in time order.

    `-` is standard input; `life` forces the interpreted or the compiled packet loop.  Raises InputError where nothing can be read.
    """
    if not paths:
        raise MisuseError("name at least one capture: estab.trace('a.pcap')")
    return Trace(analyse(paths, life=life))


def diagnose(*paths: Path, life: Life | None = None) -> CaptureDiagnosis:
    """The findings of captures; several captures named together are one, in time order.  Raises InputError where nothing can be read."""
    if not paths:
        raise MisuseError("name at least one capture: estab.diagnose('a.pcap'); diagnosis of this host is not in this version")
    return CaptureDiagnosis(analyse(paths, life=life))


def analyse(
    paths: Iterable[Path],
    *,
    stdin: BinaryIO | None = None,
    life: Life | None = None,
    before: Callable[[Life], None] | None = None,
    watchers: Iterable[Watcher] = (),
    keep_on_interrupt: bool = False,
    only: frozenset[str] | None = None,
) -> Analysis:
    """One pass: reads, tracks, diagnoses.

    `before` is told in which life reading begins, before anything is compiled; `watchers` see each chunk after it was tracked.  With
    `keep_on_interrupt` Ctrl-C ends the reading and what was read so far is analysed and marked partial; without it
    KeyboardInterrupt goes through, and so it does where nothing has been read yet.
    """
    tracker, interrupted = Tracker(), False
    stop = StopSign() if keep_on_interrupt else None
    with stop or contextlib.nullcontext(), _open(list(paths), stdin, life, stop) as reader:
        if before is not None:
            before(reader.life)
        try:
            if reader.life is Life.COMPILED:
                with stop.at_once() if stop else contextlib.nullcontext():
                    compile_side_by_side(reader.summary.files[0])
            for chunk in reader:
                tracker.feed(chunk.rows, chunk.count, chunk.life)
                for watch in watchers:
                    watch(chunk)
        except KeyboardInterrupt:
            if not keep_on_interrupt:
                raise
            interrupted = True
        summary = reader.summary
    connections, partial = tracker.finish(), interrupted or (stop is not None and stop.asked)
    if partial and not summary.last_ns:
        summary.first_ns, summary.last_ns = tracker.first_ns, tracker.last_ns
    facts = Facts(connections, summary)
    return Analysis(capture=summary, connections=connections, facts=facts, diagnosis=run_rules(facts, only=only), partial=partial)


def _open(paths: list[Path], stdin: BinaryIO | None, life: Life | None, stop: StopSign | None) -> Reader:
    """Opens the captures; where Ctrl-C came before a pipe gave anything, that is told and not that the input is empty."""
    try:
        return Reader(paths, stdin=stdin, life=life, stop=stop)
    except InputError:
        if stop is not None and stop.asked:
            raise KeyboardInterrupt from None
        raise


class Drill:
    """What packet scripts came to: `runs`, one for each script and family of addresses; `to_dict()` is the document `estab.drill/1`."""

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs = runs

    @property
    def passed(self) -> bool:
        """Whether every run passed."""
        from estab.drill.verdict import Outcome

        return all(run.outcome is Outcome.PASSED for run in self.runs)

    @property
    def failed(self) -> bool:
        """Whether a run failed; a script that cannot be used has not failed."""
        from estab.drill.verdict import Outcome

        return any(run.outcome is Outcome.FAILED for run in self.runs)

    def to_dict(self, translator: Translator | None = None) -> dict[str, Any]:
        """JSON-able, schema `estab.drill/1`; texts in English unless a translator is given."""
        from estab.drill.render import runs_to_dict
        from estab.text import Translator

        return runs_to_dict(self.runs, translator or Translator())


def drill(*paths: Path, ip_versions: Iterable[str] = (), settings: Iterable[str] = ()) -> Drill:
    """Runs packet scripts (files, folders of them) on the engine in virtual time.

    `ip_versions` narrows the families of addresses (`ipv4`, `ipv4-mapped-ipv6`, `ipv6`); `settings` are knobs as `name=value`.
    Raises InputError for a file that cannot be read, MisuseError for a setting that no kernel would take.
    """
    from estab.capture.scripts import read_script, script_paths
    from estab.drill.config import Family
    from estab.drill.runner import run_script
    from estab.knobs.declare import Profile
    from estab.knobs.values import profile_values

    changes = dict(_setting(text) for text in settings)
    knobs = profile_values(Profile.LINUX).changed(changes)
    families = tuple(Family(version) for version in ip_versions)
    runs: list[Run] = []
    for path in script_paths(paths):
        runs += run_script(read_script(path), path, families=families, knobs=knobs)
    return Drill(tuple(runs))


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise MisuseError(msg("a setting is written KNOB=VALUE, not {found}", found=text))
    return name, value
