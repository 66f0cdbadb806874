"""What a call gave beside what the script says it gives."""

from __future__ import annotations

from estab.drill.process import Answer
from estab.drill.script import CallAction
from estab.drill.symbols import ERRNOS, UnusableValueError, is_anything, name_errno, number_of
from estab.drill.verdict import MismatchError
from estab.text import msg


def answer_mismatch(action: CallAction, answer: Answer) -> MismatchError | None:
    """None where result, errno and outputs are as written."""
    expected = _spelled(None if is_anything(action.result) else number_of(action.result), action.errno)
    actual = _spelled(answer.value, name_errno(answer.errno) if answer.value < 0 else None)
    if not is_anything(action.result) and number_of(action.result) != answer.value:
        return MismatchError(msg("the call gave another result"), expected=expected, actual=actual)
    if action.errno is not None and answer.value < 0:
        if action.errno not in ERRNOS:
            raise UnusableValueError(msg('no errno is called "{name}"', name=action.errno))
        if ERRNOS[action.errno] != answer.errno:
            return MismatchError(msg("the call failed with another errno"), expected=expected, actual=actual)
    if answer.differences:
        return MismatchError(msg("an output of the call is not as written"), differences=answer.differences)
    return None


def _spelled(value: int | None, errno: str | None) -> str:
    number = "_" if value is None else str(value)
    return number if errno is None else f"{number} {errno}"
