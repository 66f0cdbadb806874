"""Who may import whom, and who may open a file or read a clock: the picture of docs/design.md, held by machine."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

from tests.style.source_tree import PACKAGE, ROOT, dotted_calls, imported_modules, module_name, python_files, room_of, tree_of

FILES = python_files("src/estab")
MODULES = frozenset(module_name(path) for path in FILES)

# These see a TCP from outside; they must not know how the project's own TCP is built.
OBSERVERS = ("track", "live", "diagnose", "report")
ACTORS = ("engine", "lab", "drivers")

# The rooms that touch the world, and single modules with the reason why.
WORLDLY_ROOMS = ("capture", "cli", "drivers", "live")
WORLDLY_MODULES = {
    "estab.lives": "finds the user's cache of compiled code",
    "estab.first_use": "compiles in a second process",
    "estab.history.store": "is a file",
    "estab.growing": "asks the system for memory",
    "estab.text": "opens the catalogues of translations",
}

BANNED = re.compile(
    r"""open | io\.open | os\.(open|urandom|popen|system|environ\..*|getenv)
    | time\.(time|monotonic|perf_counter|process_time|clock_gettime)(_ns)? | time\.(sleep|localtime|gmtime)
    | .*\bdatetime\.(now|utcnow|today) | .*\bdate\.today
    | random\..* | secrets\..* | uuid\..* | socket\..* | subprocess\..* | mmap\..* | asyncio\..* | urllib\..*
    | (numpy|np)\.(fromfile|memmap|load|loadtxt|genfromtxt|random\..*)
    | .*\.(read_text|read_bytes|write_text|write_bytes)
    """,
    re.VERBOSE,
)


def layers_of(design: str) -> list[list[str]]:
    """The layers of a design page, topmost first: the code block below the heading on import direction."""
    block = re.search(r"## Import direction\n.*?```\n(.*?)```", design, re.DOTALL)
    assert block, "docs/design.md has no block of layers below its heading 'Import direction'"
    return [[name.strip() for name in line.split("|")] for line in block[1].splitlines() if line.strip()]


def rank_of_rooms(design: str) -> dict[str, float]:
    """Height of each room; 0 is the bottom. The package and `python -m` stand above everything that has a height."""
    layers = layers_of(design)
    ranks = {name: float(height) for height, layer in enumerate(reversed(layers)) for name in layer}
    return ranks | {"estab": ranks["api"] + 0.5, "__main__": float(len(layers))}


def wrong_imports(tree: ast.AST, room: str, ranks: dict[str, float], exists: frozenset[str]) -> list[str]:
    """One line for each import that goes upwards or sideways."""
    return [
        f"line {line}: {room} imports {name}"
        for line, name in imported_modules(tree, exists)
        if room_of(name) != room and ranks[room] <= ranks.get(room_of(name), 1000)
    ]


@pytest.fixture(scope="module")
def ranks() -> dict[str, float]:
    return rank_of_rooms((ROOT / "docs" / "design.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("room", sorted({room_of(module) for module in MODULES}))
def test_every_room_has_its_place_in_the_design(room: str, ranks: dict[str, float]) -> None:
    assert room in ranks, f"say in docs/design.md on which layer {room} stands"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_down(path: pathlib.Path, ranks: dict[str, float]) -> None:
    room = room_of(module_name(path))
    assert wrong_imports(tree_of(path), room, ranks, MODULES) == []


@pytest.mark.parametrize("observer", OBSERVERS)
def test_observers_do_not_know_the_actors(observer: str) -> None:
    known = {
        room_of(name) for path in FILES if room_of(module_name(path)) == observer for _, name in imported_modules(tree_of(path), MODULES)
    }
    assert known.isdisjoint(ACTORS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_the_worldly_rooms_touch_the_world(path: pathlib.Path) -> None:
    module = module_name(path)
    if room_of(module) in WORLDLY_ROOMS or module in WORLDLY_MODULES:
        return
    calls = [f"line {line}: {name}" for line, name in dotted_calls(tree_of(path)) if BANNED.fullmatch(name)]
    assert calls == [], "time, chance and files come in as arguments"


def test_the_list_of_worldly_modules_names_modules_that_exist() -> None:
    assert set(WORLDLY_MODULES) <= MODULES


# The checks themselves, on sources made up to break each of them.

DESIGN = "## Import direction\n\ntext\n\n```\ncli\napi\ntrack | capture\nwire\nerrors\n```\n"
EXISTS = frozenset({"estab.cli.main", "estab.api", "estab.track.step", "estab.capture", "estab.wire", "estab.errors"})


@pytest.mark.parametrize(
    ("room", "source", "wrong"),
    [
        ("track", "from estab.wire import tcp", False),
        ("track", "from estab.track import step", False),
        ("track", "from estab.capture import read", True),  # sideways
        ("wire", "from estab.track.step import step", True),  # upwards
        ("wire", "def late():\n    import estab.api", True),  # hidden in a function
        ("wire", "if x:\n    from estab import api", True),  # a module taken from the package
        ("errors", "from estab import trace", True),  # the package's own names stand above
        ("cli", "from estab import trace", False),
        ("api", "from estab import trace", True),
        ("wire", "import estab.unheard_of", True),
    ],
)
def test_a_wrong_import_is_seen(room: str, source: str, wrong: bool) -> None:
    assert bool(wrong_imports(ast.parse(source), room, rank_of_rooms(DESIGN), EXISTS)) is wrong


@pytest.mark.parametrize(
    ("source", "banned"),
    [
        ("open('x')", True),
        ("import time\ntime.time_ns()", True),
        ("from time import monotonic as now\nnow()", True),
        ("import datetime\ndatetime.datetime.now()", True),
        ("from datetime import datetime\ndatetime.now()", True),
        ("import random as r\nr.random()", True),
        ("from os import urandom\nurandom(4)", True),
        ("pathlib.Path('x').read_text()", True),
        ("import numpy as np\nnp.random.default_rng()", True),
        ("import socket\nsocket.socket()", True),
        ("door.open()", False),
        ("import datetime\ndatetime.datetime.fromtimestamp(0, datetime.UTC)", False),
        ("import numpy as np\nnp.zeros(4)", False),
        ("generator.random()", False),
    ],
)
def test_a_banned_call_is_seen(source: str, banned: bool) -> None:
    assert any(BANNED.fullmatch(name) for _, name in dotted_calls(ast.parse(source))) is banned
