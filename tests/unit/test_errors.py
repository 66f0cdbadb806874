from __future__ import annotations

import pytest

from estab.errors import EstabError, InputError, MisuseError, PermissionNeeded
from estab.text import msg


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("not a capture"), "not a capture"),
        (InputError("not a capture", path="a.pcap"), "a.pcap: not a capture"),
        (InputError("cut", path="a.pcap", offset=24), "a.pcap: cut (at byte 24)"),
        (InputError("cut", offset=0), "cut (at byte 0)"),
        (InputError(msg("the file is empty"), path="a.pcap"), "a.pcap: the file is empty"),
        (PermissionNeeded("cannot read sockets", capability="CAP_NET_ADMIN"), "cannot read sockets (needs CAP_NET_ADMIN)"),
    ],
)
def test_an_error_is_one_line_for_a_person(error: EstabError, line: str) -> None:
    assert str(error) == line


def test_what_a_program_may_ask_of_an_error() -> None:
    problem = InputError("cut", path="a.pcap", offset=24)
    assert (problem.reason, problem.path, problem.offset) == ("cut", "a.pcap", 24)
    assert PermissionNeeded("no", capability="CAP_NET_RAW").capability == "CAP_NET_RAW"


def test_misuse_is_also_a_value_error() -> None:
    assert issubclass(MisuseError, EstabError)
    assert issubclass(MisuseError, ValueError)
    assert not issubclass(InputError, ValueError)
