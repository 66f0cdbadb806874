"""Changing settings and bringing them back: told first, noted first, and only what is still as it was written."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass, field

import pytest

from estab.errors import EstabError, InputError, MisuseError, PermissionNeeded
from estab.knobs.audit import Reason, Recommendation
from estab.knobs.catalog import KNOBS
from estab.live import tuning
from estab.live.journal import Change, Journal
from estab.live.tuning import Outcome, Step, Tuner, boot_identity
from estab.text import msg

SACK, FIN, ORPHANS = (KNOBS[name] for name in ("tcp_sack", "tcp_fin_timeout", "tcp_max_orphans"))


@dataclass
class Kernel:
    """Settings that live in a dictionary, and everything that happened."""

    values: dict[str, str] = field(default_factory=lambda: {SACK.kernel_path: "0", FIN.kernel_path: "5", ORPHANS.kernel_path: "10"})
    log: list[str] = field(default_factory=list)
    refuse: EstabError | None = None
    initial: bool = True
    boot: str = "first"
    least: int = 0

    def read(self, path: str) -> str:
        return self.values[path]

    def write(self, path: str, value: str) -> None:
        self.log.append(f"write {path} {value}")
        if self.refuse is not None:
            raise self.refuse
        self.values[path] = str(max(self.least, int(value)))

    def before(self, step: Step) -> None:
        self.log.append(f"before {step.kernel_path} {step.old} {step.new}")

    def after(self, step: Step) -> None:
        assert step.outcome is not None
        self.log.append(f"after {step.outcome.value} {step.now}")


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(tuning, "read_setting", made.read)
    monkeypatch.setattr(tuning, "write_setting", made.write)
    monkeypatch.setattr(tuning, "is_initial_namespace", lambda: made.initial)
    monkeypatch.setattr(tuning, "boot_identity", lambda: made.boot)
    return made


@pytest.fixture
def journal(tmp_path: pathlib.Path) -> Journal:
    return Journal(tmp_path / "tune.json")


def wanted(*knobs: object, new: str | None = "1") -> list[Recommendation]:
    olds = {"tcp_sack": "0", "tcp_fin_timeout": "5", "tcp_max_orphans": "10"}
    return [
        Recommendation(knob=KNOBS[knob.name], reason=Reason.DOUBTFUL, old=olds[knob.name], new=new, why=msg("why"))  # type: ignore[attr-defined]
        for knob in knobs
    ]


def outcomes(steps: list[Step]) -> list[Outcome | None]:
    return [step.outcome for step in steps]


def test_told_then_noted_then_written(kernel: Kernel, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    add = Journal.add

    def noting(self: Journal, change: Change) -> None:
        kernel.log.append("noted")
        add(self, change)

    monkeypatch.setattr(Journal, "add", noting)
    Tuner(journal).apply(wanted(SACK), kernel.before, kernel.after)
    assert kernel.log == ["before net.ipv4.tcp_sack 0 1", "noted", "write net.ipv4.tcp_sack 1", "after written 1"]
    (noted,) = journal.read()
    assert (noted.kernel_path, noted.old, noted.new, noted.boot) == ("net.ipv4.tcp_sack", "0", "1", "first")


def test_undo_brings_back_the_latest_first(kernel: Kernel, journal: Journal) -> None:
    before = dict(kernel.values)
    Tuner(journal).apply(wanted(SACK, FIN), kernel.before, kernel.after)
    kernel.log.clear()
    steps, elsewhere = Tuner(journal).undo(kernel.before, kernel.after)
    assert kernel.values == before and elsewhere == 0 and journal.read() == []
    assert kernel.log[0] == "before net.ipv4.tcp_fin_timeout 1 5" and outcomes(steps) == [Outcome.WRITTEN] * 2
    assert Tuner(journal).undo(kernel.before, kernel.after) == ([], 0)


def test_the_same_setting_twice_goes_back_both_steps(kernel: Kernel, journal: Journal) -> None:
    Tuner(journal).apply(wanted(FIN, new="7"), kernel.before, kernel.after)
    again = Recommendation(knob=FIN, reason=Reason.DOUBTFUL, old="7", new="9", why=msg("why"))
    Tuner(journal).apply([again], kernel.before, kernel.after)
    assert kernel.values[FIN.kernel_path] == "9"
    Tuner(journal).undo(kernel.before, kernel.after)
    assert kernel.values[FIN.kernel_path] == "5"


def test_what_somebody_else_changed_is_theirs(kernel: Kernel, journal: Journal) -> None:
    Tuner(journal).apply(wanted(SACK, FIN), kernel.before, kernel.after)
    kernel.values[FIN.kernel_path] = "33"
    steps, _ = Tuner(journal).undo(kernel.before, kernel.after)
    assert kernel.values == {SACK.kernel_path: "0", FIN.kernel_path: "33", ORPHANS.kernel_path: "10"}
    assert outcomes(steps) == [Outcome.CHANGED_SINCE, Outcome.WRITTEN] and steps[0].now == "33" and journal.read() == []


def test_what_is_back_already_is_said_to_be(kernel: Kernel, journal: Journal) -> None:
    Tuner(journal).apply(wanted(SACK), kernel.before, kernel.after)
    kernel.values[SACK.kernel_path] = "0"
    assert outcomes(Tuner(journal).undo(kernel.before, kernel.after)[0]) == [Outcome.ALREADY]


def test_a_value_that_has_changed_since_it_was_read_is_not_overwritten(kernel: Kernel, journal: Journal) -> None:
    kernel.values[FIN.kernel_path] = "44"
    kernel.values[SACK.kernel_path] = "1"
    steps = Tuner(journal).apply(wanted(FIN, SACK), kernel.before, kernel.after)
    assert outcomes(steps) == [Outcome.CHANGED_SINCE, Outcome.ALREADY] and kernel.values[FIN.kernel_path] == "44"
    assert journal.read() == [] and not any(line.startswith(("before", "write")) for line in kernel.log)


def test_nothing_is_changed_that_cannot_be_noted(kernel: Kernel, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Journal, change: object) -> None:
        raise InputError("No space left on device")

    monkeypatch.setattr(Journal, "add", full)
    with pytest.raises(InputError, match="No space"):
        Tuner(journal).apply(wanted(SACK), kernel.before, kernel.after)
    assert kernel.values[SACK.kernel_path] == "0" and not any(line.startswith("write") for line in kernel.log)


@pytest.mark.parametrize("problem", [PermissionNeeded("no", capability="CAP_NET_ADMIN"), MisuseError("not taken")])
def test_a_refusal_ends_it_and_is_not_noted(kernel: Kernel, journal: Journal, problem: EstabError) -> None:
    kernel.refuse = problem
    with pytest.raises(type(problem)):
        Tuner(journal).apply(wanted(SACK, FIN), kernel.before, kernel.after)
    assert journal.read() == [] and kernel.log[-1] == "after refused 0" and len(kernel.log) == 3


def test_a_refused_undo_stays_noted(kernel: Kernel, journal: Journal) -> None:
    Tuner(journal).apply(wanted(SACK), kernel.before, kernel.after)
    kernel.refuse = PermissionNeeded("no", capability="CAP_NET_ADMIN")
    with pytest.raises(PermissionNeeded):
        Tuner(journal).undo(kernel.before, kernel.after)
    assert len(journal.read()) == 1


def test_what_the_kernel_makes_of_a_value_is_what_an_undo_looks_for(kernel: Kernel, journal: Journal) -> None:
    kernel.least = 3
    steps = Tuner(journal).apply(wanted(SACK), kernel.before, kernel.after)
    assert steps[0].now == "3" and journal.read()[0].new == "3"
    kernel.least = 0
    Tuner(journal).undo(kernel.before, kernel.after)
    assert kernel.values[SACK.kernel_path] == "0"


def test_what_the_kernel_made_and_cannot_be_noted_is_taken_back(kernel: Kernel, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Journal, change: object, new: str) -> None:
        kernel.least = 0
        raise InputError("No space left on device")

    kernel.least = 3
    monkeypatch.setattr(Journal, "correct", full)
    with pytest.raises(InputError):
        Tuner(journal).apply(wanted(SACK), kernel.before, kernel.after)
    assert kernel.values[SACK.kernel_path] == "0"


def test_settings_of_the_host_are_not_changed_from_within_a_namespace(kernel: Kernel, journal: Journal) -> None:
    kernel.initial = False
    assert outcomes(Tuner(journal).apply(wanted(ORPHANS, SACK), kernel.before, kernel.after)) == [Outcome.NOT_HERE, Outcome.WRITTEN]
    assert kernel.values[ORPHANS.kernel_path] == "10"


def test_after_a_restart_nothing_is_written_back(kernel: Kernel, journal: Journal) -> None:
    Tuner(journal).apply(wanted(SACK), kernel.before, kernel.after)
    kernel.boot = "second"
    steps, _ = Tuner(journal).undo(kernel.before, kernel.after)
    assert outcomes(steps) == [Outcome.REBOOTED] and kernel.values[SACK.kernel_path] == "1" and journal.read() == []


def test_changes_of_other_namespaces_stay_noted(kernel: Kernel, journal: Journal) -> None:
    Tuner(journal).apply(wanted(SACK), kernel.before, kernel.after)
    tuner = Tuner(journal)
    tuner._identity = 4711
    assert tuner.undo(kernel.before, kernel.after) == ([], 1) and len(journal.read()) == 1


def test_what_has_no_better_value_is_passed_over(kernel: Kernel, journal: Journal) -> None:
    assert Tuner(journal).apply(wanted(SACK, new=None), kernel.before, kernel.after) == [] and kernel.log == []


def test_this_run_of_the_host_has_an_identity() -> None:
    assert len(boot_identity()) == 36


def test_a_value_that_cannot_be_read_is_empty(kernel: Kernel, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> str:
        raise FileNotFoundError(2, path)

    monkeypatch.setattr(tuning, "read_setting", refuse)
    assert Tuner(journal).read("net.ipv4.tcp_sack") == ""
