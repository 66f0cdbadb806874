from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import path_pmtu_black_hole
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def vanish(transfer: Transfer, *numbers: int, size: int = 1460) -> Transfer:
    """Small segments passed; these do not, and the first is repeated."""
    transfer.send(*numbers, dropped=True, size=size)
    for wait in ("300ms", "600ms", "1200ms"):
        transfer.wait(wait).send(numbers[0], dropped=True, size=size)
    return transfer


def test_fires_where_only_long_segments_stay_unanswered(capture: Capture) -> None:
    transfer = Transfer(capture)
    transfer.talk.server("PA", data=300).wait("20ms").client("A")
    transfer.start += 300
    vanish(transfer, 0, 1, 2)
    (finding,) = path_pmtu_black_hole.check(capture.facts())
    assert (finding.severity, finding.confidence) == (Severity.CRITICAL, 0.75) and "3 times more" in str(finding.summary)


def test_certain_where_the_other_end_reports_the_short_one_behind(capture: Capture) -> None:
    transfer = Transfer(capture).send(0, 1, dropped=True).send(2, size=500)
    transfer.wait("20ms").ack(0, sack=(2, 3), sack0_right=transfer.start + 2 * 1460 + 500)
    for wait in ("300ms", "600ms", "1200ms"):
        transfer.wait(wait).send(0, dropped=True)
    (finding,) = path_pmtu_black_hole.check(capture.facts())
    assert finding.confidence == 0.95


def test_a_sender_that_found_a_smaller_size_is_a_warning(laboratory: Laboratory) -> None:
    (finding,) = path_pmtu_black_hole.check(laboratory("pmtu_black_hole_probing.client.pcap.gz"))
    assert finding.severity is Severity.WARNING and "pieces of 1\u00a0024 bytes" in str(finding.summary)


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = path_pmtu_black_hole.check(laboratory("pmtu_black_hole.client.pcap.gz"))
    assert finding.severity is Severity.CRITICAL and finding.connections == (0,)


@pytest.mark.parametrize(
    "name",
    [
        "peer_vanished_server.client.pcap.gz",
        "pmtu_icmp_ok.client.pcap.gz",
        "rto_burst.server.pcap.gz",
        "loss_2pct.server.pcap.gz",
        "slow_reader.server.pcap.gz",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(path_pmtu_black_hole.check(laboratory(name))) == []


def test_quiet_where_a_short_segment_stays_unanswered_too(capture: Capture) -> None:
    transfer = Transfer(capture).send(0, dropped=True).send(1, size=400, dropped=True)
    for wait in ("300ms", "600ms", "1200ms"):
        transfer.wait(wait).send(0, dropped=True)
    assert list(path_pmtu_black_hole.check(capture.facts())) == []


def test_quiet_where_long_segments_had_passed(capture: Capture) -> None:
    vanish(Transfer(capture).bulk(0, 10), 10, 11)
    assert list(path_pmtu_black_hole.check(capture.facts())) == []


def test_quiet_for_segments_that_every_path_takes(capture: Capture) -> None:
    vanish(Transfer(capture), 0, size=1_200)
    assert list(path_pmtu_black_hole.check(capture.facts())) == []


def test_quiet_where_a_router_spoke(capture: Capture) -> None:
    transfer = Transfer(capture).send(0, dropped=True)
    transfer.talk.icmp("server", kind=3, code=4, mtu=1300)
    for wait in ("300ms", "600ms"):
        transfer.wait(wait).send(0, dropped=True)
    assert list(path_pmtu_black_hole.check(capture.facts())) == []


def test_quiet_where_long_segments_came_the_other_way(capture: Capture) -> None:
    """The client had sent full segments over the same path: the end is gone, not the long packets."""
    transfer = Transfer(capture)
    transfer.talk.client("PA", data=1460).wait("20ms").server("A")
    vanish(transfer, 0, 1, 2)
    assert list(path_pmtu_black_hole.check(capture.facts())) == []


def test_what_came_the_other_way_counts_for_nothing_where_the_end_still_answers(capture: Capture) -> None:
    """Only one direction's router may know the narrow link; the receiver is heard, so it is there."""
    transfer = Transfer(capture)
    transfer.talk.client("PA", data=1460).wait("20ms").server("A")
    vanish(transfer, 0, 1, 2).talk.client("PA", data=10)
    (finding,) = path_pmtu_black_hole.check(capture.facts())
    assert finding.confidence == 0.95
