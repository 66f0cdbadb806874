from __future__ import annotations

import pathlib

import pytest

from estab.errors import InputError, MisuseError
from estab.lab.library import find
from estab.lab.mistakes import blamed_on, nearest
from estab.lab.runner import run_scenario

HEAD = """
from estab.lab.scenario import Scenario
from estab.lab.stage import SERVER, pair
SCENARIO = Scenario(title="mine", paragraph="a test")
async def client(host):
    conn = await host.connect(SERVER, 80)
    CLIENT
def build(world, given):
    net = pair(world)
    BUILD
    net.server.listen(80)
    net.client.run(client)
def verify(run):
    VERIFY
"""


def written(folder: pathlib.Path, **parts: str) -> str:
    text = HEAD
    for name in ("CLIENT", "BUILD", "VERIFY"):
        text = text.replace(f"    {name}\n", f"    {parts.get(name.lower(), 'pass')}\n")
    path = folder / "mine.py"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"client": "conn.recieve()"}, "line 7: AttributeError: 'Conn' object has no attribute 'recieve'"),
        ({"build": "world.link(net.client, net.server, dealy='5ms')"}, "line 10: TypeError: .*dealy"),
        ({"verify": "assert run.given.many"}, "line 14: AttributeError: .*many"),
    ],
)
def test_an_error_in_a_file_of_ones_own_is_told_with_its_line(tmp_path: pathlib.Path, parts: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words) as told:
        run_scenario(find(written(tmp_path, **parts)))
    assert told.value.path == str(tmp_path / "mine.py")


def test_so_is_one_at_import(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("import estab\nestab.nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: AttributeError"):
        find(str(path))


def test_an_error_elsewhere_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), blamed_on("/another/file.py"):
        print(1 / 0)


def test_a_file_without_a_mistake_runs(tmp_path: pathlib.Path) -> None:
    assert run_scenario(find(written(tmp_path))).problem == ""


def test_names_that_are_nearly_right() -> None:
    assert nearest("refusd", ["refused", "filtered"]) == "refused"
    assert nearest("quite another", ["refused", "filtered"]) == ""
    with pytest.raises(MisuseError, match="did you mean refused"):
        find("refusd")
    with pytest.raises(MisuseError, match="did you mean tcp_retries2"):
        run_scenario(find("refused"), settings={"client.tcp_retires2": 3})
    with pytest.raises(MisuseError, match="did you mean attempts"):
        run_scenario(find("refused"), settings={"atempts": 3})
