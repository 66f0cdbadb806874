from __future__ import annotations

import errno

import pytest

from estab.drill.answers import answer_mismatch
from estab.drill.parser import parse_script
from estab.drill.process import Answer
from estab.drill.script import CallAction
from estab.drill.symbols import UnusableValueError
from estab.drill.verdict import Difference
from estab.text import msg


def call(result: str) -> CallAction:
    action = parse_script(f"0 f() = {result}").events[0].action
    assert isinstance(action, CallAction)
    return action


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ("5", Answer(5)),
        ("-1", Answer(-1, errno.EPIPE)),
        ("-1 EPIPE (Broken pipe)", Answer(-1, errno.EPIPE)),
        ("-1 EWOULDBLOCK", Answer(-1, errno.EAGAIN)),
        ("_", Answer(9)),
        ("0x2 (flags O_RDWR)", Answer(2)),
    ],
)
def test_answers_as_written(result: str, answer: Answer) -> None:
    assert answer_mismatch(call(result), answer) is None


@pytest.mark.parametrize(
    ("result", "answer", "sides"),
    [
        ("5", Answer(6), ("5", "6")),
        ("0", Answer(-1, errno.EPIPE), ("0", "-1 EPIPE")),
        ("-1 EPIPE", Answer(-1, errno.EAGAIN), ("-1 EPIPE", "-1 EAGAIN")),
        ("-1 EPIPE", Answer(0), ("-1 EPIPE", "0")),
    ],
)
def test_other_answers(result: str, answer: Answer, sides: tuple[str, str]) -> None:
    found = answer_mismatch(call(result), answer)
    assert found is not None and (found.expected, found.actual) == sides


def test_outputs_count() -> None:
    difference = Difference(msg("window"), "1", "2")
    found = answer_mismatch(call("0"), Answer(0, 0, (difference,)))
    assert found is not None and found.differences == (difference,)


def test_an_errno_that_does_not_exist() -> None:
    with pytest.raises(UnusableValueError):
        answer_mismatch(call("-1 EWHATEVER"), Answer(-1, errno.EPIPE))
