from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.lab.framing import Delimiter, FixedLength, Framing, FramingError, LengthPrefix, MessageReader, TypeLengthValue

FRAMINGS: list[Framing] = [FixedLength(12), Delimiter(b"\r\n"), LengthPrefix(), TypeLengthValue()]
MESSAGES = st.lists(st.binary(min_size=1, max_size=12).map(lambda text: text.replace(b"\r", b"x")), max_size=8)


@given(st.sampled_from(FRAMINGS), MESSAGES, st.lists(st.integers(1, 9), max_size=60))
def test_messages_come_out_as_they_went_in_however_the_stream_is_cut(framing: Framing, messages: list[bytes], cuts: list[int]) -> None:
    stream, reader, got = b"".join(map(framing.pack, messages)), MessageReader(framing), list[bytes]()
    for cut in cuts:
        got += reader.feed(stream[:cut])
        stream = stream[cut:]
    got += reader.feed(stream)
    if isinstance(framing, FixedLength):
        messages = [message.ljust(12, b"\0") for message in messages]
    assert got == messages and not reader.buffered


def test_two_messages_in_one_piece_and_one_in_two() -> None:
    reader = MessageReader(LengthPrefix())
    assert list(reader.feed(b"\0\0\0\1a\0\0\0\2b")) == [b"a"]
    assert list(reader.feed(b"c")) == [b"bc"]


@pytest.mark.parametrize(
    ("framing", "message"),
    [
        (FixedLength(2), b"abc"),
        (Delimiter(), b"a\nb"),
        (LengthPrefix(longest=2), b"abc"),
        (TypeLengthValue(), b""),
        (TypeLengthValue(), b"t" + b"x" * 65_536),
    ],
)
def test_what_cannot_be_packed(framing: Framing, message: bytes) -> None:
    with pytest.raises(FramingError):
        framing.pack(message)


@pytest.mark.parametrize(
    ("framing", "piece"), [(LengthPrefix(longest=10), b"\xff\xff\xff\xff"), (Delimiter(longest=4), b"abcde")], ids=["length", "delimiter"]
)
def test_a_hostile_length_is_not_believed(framing: Framing, piece: bytes) -> None:
    with pytest.raises(FramingError):
        list(MessageReader(framing).feed(piece))
