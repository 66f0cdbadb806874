from __future__ import annotations

from estab.drill.source import Place, ScriptError
from estab.errors import InputError
from estab.text import msg


def test_the_error_names_file_line_and_column() -> None:
    problem = ScriptError(msg("the script has no event"), Place(3, 7), path="a.pkt")
    assert str(problem) == "a.pkt:3:7: the script has no event"
    assert issubclass(ScriptError, InputError)
    assert problem.path == "a.pkt:3:7"


def test_places_are_in_the_order_of_the_text() -> None:
    assert Place(1, 9) < Place(2, 1) < Place(2, 2)
