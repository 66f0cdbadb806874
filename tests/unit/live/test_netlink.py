"""Netlink messages and attributes, one by one; what is cut ends the reading and nothing more."""

from __future__ import annotations

import struct

from estab.live.netlink import attributes, dump, messages, text_of
from tests.unit.live.dumps import attribute, done, header


def test_messages_with_odd_lengths() -> None:
    data = header(16, b"abc") + header(17, b"") + done()
    assert [(kind, body) for kind, body in messages(data)] == [(16, b"abc"), (17, b""), (3, bytes(4))]


def test_a_cut_message_is_left_out() -> None:
    assert list(messages(header(16, b"abcd") + header(17, b"abcd")[:-2])) == [(16, b"abcd")]
    assert list(messages(struct.pack("=IHHII", 4, 1, 0, 0, 0))) == []


def test_attributes_by_kind() -> None:
    data = attribute(3, b"lo\0") + attribute(0x8004, b"\1\2\3\4")
    assert attributes(data) == {3: b"lo\0", 4: b"\1\2\3\4"}
    assert text_of(attributes(data)[3]) == "lo"


def test_a_cut_attribute_ends_the_list() -> None:
    assert attributes(attribute(3, b"abcd") + struct.pack("=HH", 40, 4) + b"x") == {3: b"abcd"}
    assert attributes(struct.pack("=HH", 0, 4) * 3) == {}


def test_the_kernel_answers() -> None:
    assert len(list(dump(18, bytes(16)))) >= 1  # RTM_GETLINK: there is always lo
