"""The row of a packet: what every kernel and every consumer relies on."""

from __future__ import annotations

from estab.wire.columns import ACK, AE, CWR, ECE, FIN, PACKET, PSH, RST, SYN, URG, Skipped


def test_control_bits_stand_as_in_the_header() -> None:
    assert [FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE] == [1, 2, 4, 8, 16, 32, 64, 128, 256]


def test_a_row_is_aligned_so_that_fields_are_single_loads() -> None:
    assert PACKET.isalignedstruct
    fields = PACKET.fields
    assert fields is not None
    assert all(offset % kind.itemsize == 0 for kind, offset, *_ in fields.values())


def test_reasons_have_distinct_keys() -> None:
    assert len({reason.value for reason in Skipped}) == len(Skipped) == 7
