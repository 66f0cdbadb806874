from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.rules import path_mss_mismatch
from estab.wire.columns import OPT_MSS
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def offer(capture: Capture, client: int, server: int) -> None:
    capture.talk().client("S", options=OPT_MSS, mss=client).server("SA", options=OPT_MSS, mss=server).client("A")


@pytest.mark.parametrize(
    ("client", "server", "word"), [(1460, 1360, "tunnel"), (1380, 1460, "tunnel"), (8960, 1460, "jumbo"), (1460, 48, "very small")]
)
def test_fires_where_the_ends_differ(capture: Capture, client: int, server: int, word: str) -> None:
    offer(capture, client, server)
    (finding,) = path_mss_mismatch.check(capture.facts())
    assert word in str(finding.cause) and len(finding.evidence) == 1


@pytest.mark.parametrize(("client", "server"), [(1460, 1460), (1460, 1452), (1460, 0), (65483, 65483)])
def test_quiet(capture: Capture, client: int, server: int) -> None:
    offer(capture, client, server)
    assert list(path_mss_mismatch.check(capture.facts())) == []


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(path_mss_mismatch.check(laboratory("normal_rtt40.client.pcap"))) == []
