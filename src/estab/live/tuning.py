"""Changing settings one at a time, and bringing them back.

For each change the order is: tell it, note it in the journal, write it, read it back.  An undo writes the old value only where the
setting still has the value that was written; what somebody else has changed since is theirs.
"""

from __future__ import annotations

import contextlib
import enum
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from estab.errors import EstabError, InputError
from estab.knobs.audit import Recommendation
from estab.knobs.declare import Scope
from estab.live.journal import Change, Journal
from estab.live.namespaces import Namespace, call_inside, own_namespace
from estab.live.proc import read_proc
from estab.live.settings import is_initial_namespace, read_setting, write_setting


class Outcome(enum.Enum):
    """What became of one change."""

    WRITTEN = "written"
    NOT_HERE = "not here"
    """A setting of the whole host, and this is another network namespace."""
    CHANGED_SINCE = "changed since"
    """The setting no longer has the value that was read, or that was written."""
    REBOOTED = "rebooted"
    """The host has been restarted since, and settings with it."""
    REFUSED = "refused"
    ALREADY = "already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change as it is told before it is made, and after."""

    kernel_path: str
    scope: Scope
    old: str
    new: str
    outcome: Outcome | None = None
    now: str = ""
    """The value that the kernel has in the end."""
    problem: EstabError | None = None


Tell = Callable[[Step], None]


def boot_identity() -> str:
    """What tells one run of the host from the next."""
    return read_proc("sys/kernel/random/boot_id").strip()


class Tuner:
    """Changes settings of one network namespace (None: the caller's own), and keeps the journal."""

    def __init__(self, journal: Journal, namespace: Namespace | None = None) -> None:
        self._journal, self._namespace = journal, namespace
        self._identity = own_namespace().inode if namespace is None else namespace.inode
        self._boot = boot_identity()
        self._initial = self._inside(is_initial_namespace)

    def _inside(self, call: Callable[[], bool]) -> bool:
        return call_inside(self._namespace, call)

    def read(self, kernel_path: str) -> str:
        """The value now; empty where it cannot be read."""
        try:
            return call_inside(self._namespace, lambda: read_setting(kernel_path))
        except OSError:
            return ""

    def apply(self, recommendations: Iterable[Recommendation], before: Tell, after: Tell) -> list[Step]:
        """Makes the changes that can be made here; the first refusal ends it, and what was done before stays noted."""
        steps = []
        with self._journal.locked():
            for one in recommendations:
                if one.new is None:
                    continue
                step = Step(kernel_path=one.knob.kernel_path, scope=one.knob.scope, old=one.old, new=one.new)
                done = self._apply(step, before)
                steps.append(done)
                after(done)
                if done.problem is not None:
                    raise done.problem
        return steps

    def _apply(self, step: Step, before: Tell) -> Step:
        if step.scope is Scope.HOST and not self._initial:
            return _ended(step, Outcome.NOT_HERE, step.old)
        now = self.read(step.kernel_path)
        if now != step.old:
            return _ended(step, Outcome.ALREADY if now == step.new else Outcome.CHANGED_SINCE, now)
        before(step)
        change = Change(
            time_ns=time.time_ns(),
            boot=self._boot,
            namespace=self._identity,
            kernel_path=step.kernel_path,
            old=step.old,
            new=step.new,
        )
        self._journal.add(change)
        try:
            call_inside(self._namespace, lambda: write_setting(step.kernel_path, step.new))
        except EstabError as problem:
            with contextlib.suppress(InputError):  # an undo would see that the value is not there
                self._journal.remove(change)
            return _ended(step, Outcome.REFUSED, self.read(step.kernel_path), problem)
        now = self.read(step.kernel_path)
        if now != step.new:
            self._correct(change, now)
        return _ended(step, Outcome.WRITTEN, now)

    def _correct(self, change: Change, now: str) -> None:
        """Notes what the kernel made of a value; what cannot be noted could not be undone, and so it is undone now."""
        try:
            self._journal.correct(change, now)
        except InputError:
            call_inside(self._namespace, lambda: write_setting(change.kernel_path, change.old))
            raise

    def undo(self, before: Tell, after: Tell) -> tuple[list[Step], int]:
        """Brings back what was changed in this namespace, the latest first; and how many changes of other namespaces stay noted."""
        from estab.knobs.catalog import find_knob

        steps = []
        with self._journal.locked():
            changes = self._journal.read()
            for change in reversed([change for change in changes if self._is_ours(change)]):
                knob = find_knob(change.kernel_path)
                scope = knob.scope if knob is not None else Scope.NAMESPACE
                step = Step(kernel_path=change.kernel_path, scope=scope, old=change.new, new=change.old)
                done = self._undo(step, change, before)
                steps.append(done)
                after(done)
                if done.problem is not None:
                    raise done.problem
        return steps, sum(not self._is_ours(change) for change in changes)

    def _is_ours(self, change: Change) -> bool:
        """Whether a change was made here; after a restart of the host no namespace is the same, and all are looked at from the first."""
        if change.boot != self._boot:
            return self._initial
        return change.namespace == self._identity

    def _undo(self, step: Step, change: Change, before: Tell) -> Step:
        now = self.read(step.kernel_path)
        if change.boot != self._boot:
            self._journal.remove(change)
            return _ended(step, Outcome.REBOOTED, now)
        if now != step.old:
            self._journal.remove(change)
            return _ended(step, Outcome.ALREADY if now == step.new else Outcome.CHANGED_SINCE, now)
        before(step)
        try:
            call_inside(self._namespace, lambda: write_setting(step.kernel_path, step.new))
        except EstabError as problem:
            return _ended(step, Outcome.REFUSED, now, problem)
        self._journal.remove(change)
        return _ended(step, Outcome.WRITTEN, self.read(step.kernel_path))


def _ended(step: Step, outcome: Outcome, now: str, problem: EstabError | None = None) -> Step:
    return Step(kernel_path=step.kernel_path, scope=step.scope, old=step.old, new=step.new, outcome=outcome, now=now, problem=problem)
