"""Runs estab on damaged captures and keeps every case that it does not survive.

    python tools/fuzz.py --cases 200000 --jobs 2 --seed 1 [--life both] [--captures FOLDER …] [--keep FOLDER]

Each mutant (see `mutations.py`) is traced and diagnosed.  A result or `estab.InputError` is fine.  Anything else
is a failure: another exception, more than a second of processor time, memory out of proportion to the file, a crash of the interpreter,
or a standstill.  The first cases of each kind of failure are written to the `--keep` folder, the mutant beside a note that says how to
make it again.  Exit status 1 where anything failed.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import functools
import gzip
import json
import multiprocessing
import os
import pathlib
import resource
import signal
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from tools.mutations import Specimen, mutant, specimen

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "estab"
FOLDERS = (ROOT / "examples", ROOT / "tests" / "data" / "captures", ROOT.parent / "shared" / "captures")
LARGEST_BYTES = 64 << 10
CASE_CPU_S = 1.0
STANDSTILL_S = 20.0
"""Without any progress for so long a worker is stuck in code that no alarm interrupts."""
MEMORY_ROOM_BYTES = 1 << 30
GROWTH_BYTES = 64 << 20
GROWTH_PER_BYTE = 256
"""A case may raise the peak of its process by `GROWTH_BYTES` and so much for each byte of its file."""
MOST_DEATHS = 50
"""So many workers are replaced; more of them cannot even begin."""
LEAK_BYTES = 300 << 20
KEPT_PER_KIND = 3

Target = Callable[[str], object]


class TooSlowError(BaseException):
    """The processor time of a case is used up. Not an Exception, so that nothing on the way swallows it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that was not survived; `kind` is the same for cases that failed in the same way at the same place."""

    number: int
    name: str
    kind: str
    detail: str


@contextlib.contextmanager
def limited_cpu(seconds: float) -> Iterator[None]:
    """Raises TooSlowError in the body once it has used so much processor time."""

    def late(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def judge(target: Target, path: str, size: int, refusals: tuple[type[Exception], ...]) -> tuple[str, str]:
    """Runs a target on a file: (`ok`, ``), (`refused`, reason), or the kind of failure and its details."""
    verdict, grown_bytes = _attempt(target, path, refusals)
    bound_bytes = GROWTH_BYTES + GROWTH_PER_BYTE * size
    if grown_bytes > bound_bytes:
        # Code that is loaded for the first time is paid for once; the hunger of a file comes back.
        verdict, grown_bytes = _attempt(target, path, refusals)
    if grown_bytes > bound_bytes:
        return "memory", f"the peak stands {grown_bytes >> 20} MiB above what was held before, for a file of {size} bytes"
    return verdict


def _attempt(target: Target, path: str, refusals: tuple[type[Exception], ...]) -> tuple[tuple[str, str], int]:
    """One run: what came of it, and by how many bytes its peak stood above what was resident before."""
    held_bytes = _forget_peak()
    try:
        with limited_cpu(CASE_CPU_S):
            target(path)
    except refusals as refusal:
        verdict = ("refused", str(refusal))
    except TooSlowError as slow:
        verdict = (f"slow in {_where(slow)}", _story())
    except BaseException as problem:
        if isinstance(problem, KeyboardInterrupt):
            raise
        verdict = (f"{type(problem).__name__} in {_where(problem)}", _story())
    else:
        verdict = ("ok", "")
    return verdict, _peak_bytes() - held_bytes


def _forget_peak() -> int:
    """Makes the kernel forget the peak of this process's resident memory; the answer is what is resident now."""
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _resident_bytes()


def _peak_bytes() -> int:
    """The peak of this process's resident memory since it was last forgotten."""
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _story() -> str:
    """The traceback of the present exception, with paths as they are within the project."""
    return traceback.format_exc().replace(f"{ROOT}/", "")


def _where(problem: BaseException) -> str:
    """The innermost place in estab, or at all, where a problem arose."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename != __file__]
    ours = [frame for frame in frames if pathlib.Path(frame.filename).is_relative_to(PACKAGE)] or frames
    return f"{pathlib.PurePath(ours[-1].filename).name}:{ours[-1].name}" if ours else "nowhere"


class LivesDifferError(Exception):
    """The interpreted and the compiled packet loop say different things about one file."""


def trace_and_diagnose(path: str, *, compiled: bool = False) -> object:
    """Both documents about a file. One pass over it serves both, as it does for `estab.trace` and `estab.diagnose`."""
    import estab
    from estab.lives import Life

    diagnosis = estab.diagnose(path, life=Life.COMPILED if compiled else Life.INTERPRETED)
    return diagnosis.to_dict(), diagnosis.trace.to_dict()


def in_both_lives(path: str) -> object:
    """The documents of both lives of the packet loop, which must be the same; so must be a refusal."""
    results: list[Any] = []
    for compiled in (False, True):
        try:
            results.append(trace_and_diagnose(path, compiled=compiled))
        except refusals() as refusal:
            results.append(str(refusal))
    if results[0] != results[1]:
        raise LivesDifferError(_first_difference(results[0], results[1]))
    return results


def _first_difference(one: Any, other: Any, place: str = "") -> str:
    """Where two documents begin to differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = [(f"{place}.{key}", one[key], other[key]) for key in one]
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = [(f"{place}[{index}]", *pair) for index, pair in enumerate(zip(one, other, strict=True))]
    else:
        pairs = []
    return next(
        (_first_difference(a, b, where) for where, a, b in pairs if a != b), f"{place}: {one!r} interpreted, {other!r} compiled"[:400]
    )


TARGETS: dict[str, Target] = {
    "interpreted": trace_and_diagnose,
    "compiled": functools.partial(trace_and_diagnose, compiled=True),
    "both": in_both_lives,
}


def refusals() -> tuple[type[Exception], ...]:
    """What a call may raise for bad input."""
    from estab.errors import InputError

    return (InputError,)


@dataclass(frozen=True, slots=True)
class Task:
    """What one worker does: the numbers `first`, `first + step`, … below `cases`."""

    first: int
    step: int
    cases: int
    seed: int
    folder: str
    target: Target


def work(task: Task, specimens: Sequence[Specimen], progress: Any, results: Any) -> None:
    """A worker: says by `progress` which case it is at, so that a crash is laid to the right one; sends failures, and counts in batches."""
    path = pathlib.Path(task.folder) / f"case-{task.first % task.step}"
    accepted = refusals()
    path.write_bytes(specimens[0].data)
    with contextlib.suppress(*accepted):
        task.target(str(path))  # everything is imported before memory is counted
    virtual_bytes = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
    resource.setrlimit(resource.RLIMIT_AS, (virtual_bytes + MEMORY_ROOM_BYTES, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resident_bytes = _resident_bytes()
    counts: collections.Counter[str] = collections.Counter()
    for number in range(task.first, task.cases, task.step):
        progress.value = number
        name, data = mutant(specimens, task.seed, number)
        path.write_bytes(data)
        kind, detail = judge(task.target, str(path), len(data), accepted)
        counts[kind if kind in ("ok", "refused") else "failed"] += 1
        if kind not in ("ok", "refused"):
            results.send(Failure(number, name, kind, detail))
        if (number // task.step) % 256 == 255:
            results.send(counts)
            counts = collections.Counter()
            if _resident_bytes() - resident_bytes > LEAK_BYTES:
                results.send(Failure(number, name, "leak", f"{(_resident_bytes() - resident_bytes) >> 20} MiB more than at the start"))
                resident_bytes = _resident_bytes()
    results.send(counts)


def _resident_bytes() -> int:
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@dataclass(slots=True)
class _Worker:
    """A running worker as its parent sees it: the case it was last seen at, and since when."""

    process: Any
    progress: Any
    results: Any
    seen: int
    since: float


class Campaign:
    """All workers of a run, and what they have said."""

    def __init__(self, specimens: Sequence[Specimen], *, cases: int, jobs: int, seed: int, target: Target = trace_and_diagnose) -> None:
        self._specimens, self._cases, self._jobs, self._seed, self._target = specimens, cases, jobs, seed, target
        self._context = multiprocessing.get_context("fork")
        self._deaths = 0
        self.counts: collections.Counter[str] = collections.Counter()
        self.failures: list[Failure] = []

    def run(self) -> None:
        """Runs all cases; a worker that dies or stands still is replaced behind its case."""
        memory = pathlib.Path("/dev/shm")
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
            self._folder = folder
            workers = [self._start(first) for first in range(min(self._jobs, self._cases))]
            try:
                while workers:
                    for worker in list(workers):
                        follower = self._watch(worker)
                        if follower is not worker:
                            workers.remove(worker)
                            workers.extend([follower] if follower else [])
                    time.sleep(0.02)
            finally:
                for worker in workers:
                    worker.process.kill()
                    worker.process.join()

    def _start(self, first: int) -> _Worker:
        task = Task(first, self._jobs, self._cases, self._seed, self._folder, self._target)
        progress = self._context.Value("q", first)
        # A pipe for each worker: one that is killed while it writes harms nobody else.
        results, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=work, args=(task, self._specimens, progress, sender), daemon=True)
        process.start()
        sender.close()
        return _Worker(process, progress, results, first, time.monotonic())

    def _watch(self, worker: _Worker) -> _Worker | None:
        """The worker, or the one that follows it, or None where it has finished its cases."""
        self._collect(worker)
        number = worker.progress.value
        if worker.process.is_alive():
            if number != worker.seen:
                worker.seen, worker.since = number, time.monotonic()
            if time.monotonic() - worker.since < STANDSTILL_S:
                return worker
            worker.process.kill()
        worker.process.join()
        self._collect(worker)
        worker.results.close()
        if worker.process.exitcode == 0:
            return None
        signals = {-signal.SIGKILL: "standstill or killed", -signal.SIGSEGV: "segmentation fault"}
        kind = signals.get(worker.process.exitcode or 0, f"interpreter ended with {worker.process.exitcode}")
        self.failures.append(Failure(number, mutant(self._specimens, self._seed, number)[0], kind, ""))
        self.counts["failed"] += 1
        self._deaths += 1
        if self._deaths > MOST_DEATHS:
            raise RuntimeError(f"{self._deaths} workers have died, the last one by: {kind}")
        return self._start(number + self._jobs) if number + self._jobs < self._cases else None

    def _collect(self, worker: _Worker) -> None:
        """What a worker has sent so far."""
        with contextlib.suppress(EOFError):
            while worker.results.poll():
                result = worker.results.recv()
                if isinstance(result, Failure):
                    self.failures.append(result)
                else:
                    self.counts += result

    def keep(self, folder: pathlib.Path) -> None:
        """Writes the first cases of each kind of failure, and a note beside each."""
        kinds: collections.Counter[str] = collections.Counter()
        for failure in sorted(self.failures, key=lambda failure: failure.number):
            kinds[failure.kind] += 1
            if kinds[failure.kind] <= KEPT_PER_KIND:
                folder.mkdir(parents=True, exist_ok=True)
                stem = f"seed{self._seed}-case{failure.number}"
                (folder / f"{stem}.bin").write_bytes(mutant(self._specimens, self._seed, failure.number)[1])
                note = {
                    "seed": self._seed,
                    "case": failure.number,
                    "made from": failure.name,
                    "kind": failure.kind,
                    "detail": failure.detail,
                }
                (folder / f"{stem}.json").write_text(json.dumps(note, indent=1), encoding="utf-8")


def gather(folders: Sequence[pathlib.Path], largest_bytes: int = LARGEST_BYTES) -> list[Specimen]:
    """The small captures of some folders, in a stable order; folders that do not exist are left out."""
    suffixes = (".pcap", ".pcapng", ".gz", ".zst", ".lz4", ".dmp", ".cap")
    paths = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if path.suffix in suffixes]
    specimens = []
    for path in paths:
        if not 0 < path.stat().st_size <= largest_bytes:
            continue
        specimens.append(specimen(path.name, path.read_bytes()))
        if path.suffix == ".gz":  # also what is inside, where damage reaches the packets
            with contextlib.suppress(OSError, EOFError, zlib.error), gzip.open(path) as unpacked:
                specimens.append(specimen(path.stem, unpacked.read(largest_bytes)))
    return specimens


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--cases", type=int, default=2_000)
    ask.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--captures", type=pathlib.Path, action="append", help="a folder of captures; may be given several times")
    ask.add_argument("--largest", type=int, default=LARGEST_BYTES, help="bytes of the largest capture that is taken")
    ask.add_argument("--life", choices=TARGETS, default="interpreted", help="of the packet loop; `both` also compares what they say")
    ask.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("fuzz-failures"))
    given = ask.parse_args(arguments)
    specimens = gather(given.captures or FOLDERS, given.largest)
    if not specimens:
        print("no captures to damage", file=sys.stderr)
        return 2
    # Before the workers are forked: what is imported, and compiled, once is shared.
    target = TARGETS[given.life]
    target(str(ROOT / "examples" / "normal_client_closes.client.pcap"))
    began = time.monotonic()
    campaign = Campaign(specimens, cases=given.cases, jobs=given.jobs, seed=given.seed, target=target)
    campaign.run()
    took_s = time.monotonic() - began
    campaign.keep(given.keep)
    kinds = collections.Counter(failure.kind for failure in campaign.failures)
    for kind, count in kinds.most_common():
        print(f"{count:6} {kind}")
    done = sum(campaign.counts.values())
    print(
        f"{done} cases from {len(specimens)} captures in {took_s:.1f} s ({done / took_s:.0f}/s): "
        f"{campaign.counts['ok']} read, {campaign.counts['refused']} refused, {len(campaign.failures)} failed"
    )
    if campaign.failures:
        print(f"kept in {given.keep}")
    return 1 if campaign.failures else 0


if __name__ == "__main__":
    sys.exit(main())
