"""Integers out of bytes, in both lives and in both orders."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from estab.lives import Life
from estab.wire import octets
from tests.unit.wire.frames import both_lives

READERS = [(octets.be16, ">H"), (octets.be32, ">I"), (octets.le16, "<H"), (octets.le32, "<I")]


@both_lives
@given(data=st.binary(min_size=4, max_size=12), draw=st.data())
def test_reads_what_struct_reads(life: Life, data: bytes, draw: st.DataObject) -> None:
    for function, form in READERS:
        at = draw.draw(st.integers(0, len(data) - struct.calcsize(form)))
        view = np.frombuffer(data, np.uint8) if life is Life.COMPILED else data
        value = life.kernel(function)(view, at)  # type: ignore[arg-type]
        assert value == struct.unpack_from(form, data, at)[0]
        assert isinstance(value, int)
