"""English sentences that begin with a count say it rightly of one as well."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from estab.text import Text, Translator
from tests.style.source_tree import python_files, tree_of

COUNTED = re.compile(r"^\{(\w+)\} (?!times)(?:of \{\w+\} )?(?:[A-Za-z-]+ ){0,2}?(?:SYNs|RSTs|ACKs|[a-z]{3,}s)\b")
OF_SEVERAL = re.compile(r"\b(?:are|were|have|do|their|them|they|these|(?<!to )repeat|stay|belong|fill|(?<!may )lead)\b")
"""What cannot be said of one, as long as nothing else is spoken of."""
CLAUSE_ENDS = re.compile(r"[.,;:]| and | that | while | where | which ")


def sentences() -> Iterator[tuple[str, str | None]]:
    """Every text that begins with how many there are of something, and how English says it of one."""
    for path in python_files("src/estab"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "msg":
                words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                if words and isinstance(words[0], str) and COUNTED.match(words[0]):
                    yield words[0], str(words[1]) if len(words) > 1 else None


EVERY = sorted(set(sentences()), key=str)


@pytest.mark.parametrize(("message", "one"), EVERY, ids=[message[:60] for message, _ in EVERY])
def test_of_one_thing_nothing_is_said_as_of_several(message: str, one: str | None) -> None:
    first, *others = re.findall(r"\{(\w+)", message)
    said = Translator("en")(Text(message, {first: "1", **dict.fromkeys(others, "7")}, one))
    assert not OF_SEVERAL.search(CLAUSE_ENDS.split(said)[0]), said
