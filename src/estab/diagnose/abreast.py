"""Runs rules side by side, as far as what they claim lets them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from estab.diagnose.rule import AnyFacts, AnyRule

Outcome = TypeVar("Outcome")


def judge_abreast(
    rules: Sequence[AnyRule[AnyFacts]],
    judge: Callable[[AnyRule[AnyFacts]], Outcome],
    take: Callable[[AnyRule[AnyFacts], Outcome], None],
    workers: int,
) -> None:
    """Judges each rule in one of so many threads, when the rules that it yields to have been taken; takes outcomes in this thread."""
    waiting = {loaded.rule.code: loaded for loaded in rules}
    running: dict[Future[Outcome], AnyRule[AnyFacts]] = {}
    open_codes = set(waiting)
    with ThreadPoolExecutor(workers, "estab-rules") as pool:
        while open_codes:
            for code, loaded in list(waiting.items()):
                if open_codes.isdisjoint(loaded.rule.yields_to):
                    running[pool.submit(judge, waiting.pop(code))] = loaded
            assert running, f"rules that yield to each other: {sorted(open_codes)}"
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                loaded = running.pop(done)
                take(loaded, done.result())
                open_codes.remove(loaded.rule.code)
