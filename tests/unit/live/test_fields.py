"""Fields: spelled in several ways, compared as their kind allows."""

from __future__ import annotations

import pytest

from estab.live.expression import Operator
from estab.live.fields import FIELDS, FIELDS_IN_ORDER, ORDERED, Kind, find_field, read_value
from estab.live.literals import LiteralError
from tests.unit.live.made import SOCKETS, view


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("state", "state"),
        ("Recv-Q", "recv_queue"),
        ("recvq", "recv_queue"),
        ("peer.port", "peer_port"),
        ("dport", "peer_port"),
        ("cc", "congestion"),
    ],
)
def test_spellings(spelling: str, name: str) -> None:
    assert find_field(spelling) == name


def test_no_spelling_means_two_fields() -> None:
    spellings = [spelling for field in FIELDS_IN_ORDER for spelling in (field.name, *field.spellings)]
    assert len(spellings) == len(set(spellings)) and len(FIELDS) == len(FIELDS_IN_ORDER)


@pytest.mark.parametrize("field", FIELDS_IN_ORDER, ids=lambda field: field.name)
def test_every_field_is_read_in_one_way_for_all_sockets(field: object) -> None:
    from estab.live.fields import Field

    assert isinstance(field, Field)
    ways = [field.columns is not None, field.texts is not None, bool(field.sides)]
    assert sum(ways) == 1
    if field.columns is not None:
        for column in field.columns(view()):
            assert len(column.values) == len(SOCKETS) and (column.known is None or len(column.known) == len(SOCKETS))
    if field.texts is not None:
        assert len(field.texts(view())) == len(SOCKETS)


def known(name: str) -> list[float | None]:
    columns = FIELDS[name].columns
    assert columns is not None
    (column,) = columns(view())
    flags = [True] * len(SOCKETS) if column.known is None else column.known.tolist()
    return [value if flag else None for value, flag in zip(column.values.tolist(), flags, strict=True)]


def test_what_a_socket_does_not_have_is_unknown() -> None:
    assert known("rtt") == [None, 12_300, 900, None, None]
    assert known("resent") == [None, 5, 0, 0, None]  # a listener's TCP_INFO holds other things
    assert known("recv_queue") == [None, 0, 1, 0, 0] and known("accept_queue") == [3, None, None, None, None]
    assert known("age") == [None, 70_000_000, 125_000_000, 0, 2_000_000]
    assert known("expires") == [None, 4_200_000, None, None, 58_000_000]


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.kind not in ORDERED])
def test_what_has_no_order_is_not_greater(name: str) -> None:
    with pytest.raises(LiteralError, match="has no order"):
        read_value(name, Operator.MORE, "1")


def test_only_texts_match() -> None:
    assert read_value("process", Operator.MATCHES, "^ng").search("nginx")
    with pytest.raises(LiteralError, match="no text"):
        read_value("port", Operator.MATCHES, "8")


def test_kinds_have_words() -> None:
    assert all(str(kind.value) for kind in Kind)
