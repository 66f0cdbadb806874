from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.lab.scenario import Scenario, Setting, read_setting


def declared(**more: object) -> Scenario:
    values: dict[str, object] = {"title": "t", "paragraph": "p", "parameters": {"loss": 0.1, "count": 3, "listens": True, "delay": "5ms"}}
    return Scenario(**(values | more))  # type: ignore[arg-type]


def test_what_is_given() -> None:
    given = declared().given({"count": "7", "listens": "no", "delay": "1s", "loss": "0.5"})
    assert (given.count, given.listens, given.delay, given.loss) == (7, False, "1s", 0.5)
    assert vars(declared().given()) == {"loss": 0.1, "count": 3, "listens": True, "delay": "5ms"}


def test_the_twin_and_what_outweighs_it() -> None:
    scenario = declared(findings=("a.b",), twin={"count": 0})
    assert scenario.given(as_twin=True).count == 0 and scenario.given({"count": 2}, as_twin=True).count == 2


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("cuont", "1", "no parameter cuont; there are: count, delay, listens, loss"),
        ("count", "many", "number"),
        ("listens", "maybe", "yes or no"),
    ],
)
def test_what_cannot_be_given(name: str, value: str, words: str) -> None:
    with pytest.raises(MisuseError, match=words):
        declared().given({name: value})


@pytest.mark.parametrize(("value", "usual", "read"), [("on", False, True), ("12", 1, 12), ("1.5", 1.0, 1.5), ("x", "y", "x"), (4, 1, 4)])
def test_values_are_read_in_the_type_of_the_usual_one(value: Setting, usual: Setting, read: Setting) -> None:
    assert read_setting("name", value, usual) == read and type(read_setting("name", value, usual)) is type(read)


def test_a_declaration_that_contradicts_itself() -> None:
    with pytest.raises(MisuseError, match="the twin sets what is no parameter: x"):
        declared(twin={"x": 1})
    with pytest.raises(MisuseError, match="needs a healthy twin"):
        declared(findings=("a.b",))
