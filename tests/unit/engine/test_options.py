from __future__ import annotations

import pytest

from estab.engine.options import Negotiated, Settings, agree, answer, offer
from estab.flow import Endpoint
from estab.wire.segment import SynOptions
from tests.unit.engine.configs import config

FULL = SynOptions(mss_bytes=1400, window_scale=9, sack_permitted=True)


def test_a_syn_offers_what_the_knobs_allow() -> None:
    assert offer(config(), 7) == SynOptions(mss_bytes=1460, window_scale=7, sack_permitted=True)
    assert offer(config(tcp_window_scaling=0, tcp_sack=0), 7) == SynOptions(mss_bytes=1460)


def test_what_both_sent_is_agreed() -> None:
    agreed = agree(config(), FULL, timestamps=True, rcv_wscale=7, ecn=True)
    assert agreed == Negotiated(peer_mss_bytes=1400, window_scaling=True, snd_wscale=9, rcv_wscale=7, timestamps=True, sack=True, ecn=True)
    assert answer(config(), agreed) == SynOptions(mss_bytes=1460, window_scale=7, sack_permitted=True)


def test_what_one_end_lacks_is_not_agreed() -> None:
    bare = agree(config(), None, timestamps=False, rcv_wscale=7, ecn=False)
    assert bare == Negotiated(peer_mss_bytes=536)
    unwilling = config(tcp_window_scaling=0, tcp_sack=0, tcp_timestamps=0)
    assert agree(unwilling, FULL, timestamps=True, rcv_wscale=7, ecn=False) == Negotiated(peer_mss_bytes=1400)
    assert answer(config(), bare) == SynOptions(mss_bytes=1460)


def test_a_shift_above_14_counts_as_14() -> None:
    assert agree(config(), SynOptions(window_scale=15), timestamps=False, rcv_wscale=7, ecn=False).snd_wscale == 14


def test_equal_agreements_are_one_object() -> None:
    first, second = (agree(config(), FULL, timestamps=True, rcv_wscale=7, ecn=False) for _ in range(2))
    assert first is second


@pytest.mark.parametrize(
    ("peer_mss", "timestamps", "maxseg", "mtu", "mss"),
    [(1460, True, None, 1500, 1448), (1460, False, None, 1500, 1460), (1000, False, None, 1500, 1000), (1460, False, 900, 1500, 900),
     (9000, False, None, 1500, 1460), (10, False, None, 1500, 48)],
)  # fmt: skip
def test_payload_of_a_full_segment(peer_mss: int, timestamps: bool, maxseg: int | None, mtu: int, mss: int) -> None:
    made = config(mtu_bytes=mtu, settings=Settings(maxseg_bytes=maxseg))
    assert made.send_mss_bytes(Negotiated(peer_mss_bytes=peer_mss, timestamps=timestamps)) == mss


def test_ipv6_headers_are_longer_and_its_default_mss_greater() -> None:
    made = config(Endpoint("2001:db8::1", 1), Endpoint("2001:db8::2", 2))
    assert made.advertised_mss_bytes == 1440
    assert agree(made, SynOptions(), timestamps=False, rcv_wscale=0, ecn=False).peer_mss_bytes == 1220
