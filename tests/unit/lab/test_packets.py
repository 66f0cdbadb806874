from __future__ import annotations

from estab.lab.octets import encode
from estab.lab.packets import Datagram, IcmpPacket, copy_of, damaged, length_of, segment_of, spell, spell_flags
from estab.wire.segment import ACK, FIN, SYN, IcmpKind, Packet, Segment

PACKET = Packet("10.0.0.1", 40000, "10.0.0.2", 80, Segment(1000, 2000, ACK | 8, 9, b"x" * 10))
ERROR = IcmpPacket("10.0.0.9", "10.0.0.1", IcmpKind.PACKET_TOO_BIG, PACKET, 1400)
DATAGRAM = Datagram("10.0.0.1", 1, "10.0.0.2", 2, PACKET)


def test_lengths_are_those_of_the_bytes() -> None:
    large = IcmpPacket(
        "10.0.0.9", "10.0.0.1", IcmpKind.PACKET_TOO_BIG, Packet("10.0.0.1", 1, "10.0.0.2", 2, Segment(1, 2, ACK, 3, b"x" * 1400))
    )
    for datum in (PACKET, ERROR, DATAGRAM, large):
        assert length_of(datum) == len(encode(datum))
    assert length_of(large) == 576


def test_copies_share_the_segment_and_nothing_else() -> None:
    for datum in (PACKET, DATAGRAM):
        copied = copy_of(datum)
        assert copied == datum and copied is not datum and segment_of(copied) is segment_of(datum)
    assert damaged(PACKET).corrupt and not PACKET.corrupt
    assert segment_of(ERROR) is None


def test_an_icmp_error_as_the_stack_hears_it() -> None:
    error = ERROR.error()
    assert (error.local, error.local_port, error.remote, error.remote_port) == ("10.0.0.1", 40000, "10.0.0.2", 80)
    assert (error.reporter, error.seq, error.mtu_bytes) == ("10.0.0.9", 1000, 1400)


def test_packets_in_one_line() -> None:
    bases = {("10.0.0.1", 40000, "10.0.0.2", 80): 999, ("10.0.0.2", 80, "10.0.0.1", 40000): 1999}
    assert spell(PACKET, bases) == "10.0.0.1:40000 > 10.0.0.2:80 [P.] seq 1:11 ack 1 win 9"
    assert spell(PACKET) == "10.0.0.1:40000 > 10.0.0.2:80 [P.] seq 1000:1010 ack 2000 win 9"
    assert spell(ERROR) == "10.0.0.9 > 10.0.0.1 ICMP packet too big mtu 1400 (40000 > 80)"
    assert spell(Packet("::1", 1, "::2", 2, Segment(0, 0, SYN, 0))) == "[::1]:1 > [::2]:2 [S] seq 0 win 0"
    assert spell_flags(FIN | ACK) == "[F.]" and spell_flags(0) == "[none]"
