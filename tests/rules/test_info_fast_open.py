from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import info_fast_open
from estab.wire import columns
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


COOKIE = columns.OPT_FAST_OPEN


def test_fires_for_a_cookie_asked_for(capture: Capture) -> None:
    capture.talk().client("S", options=COOKIE).server("SA").client("A")
    (finding,) = info_fast_open.check(capture.facts())
    assert finding.severity is Severity.INFO and str(finding.cause).startswith("The client asked")


@pytest.mark.parametrize(("acknowledged", "words"), [(1_401, "the request arrived with the SYN"), (1_001, "took only the SYN")])
def test_tells_whether_the_data_was_taken(capture: Capture, acknowledged: int, words: str) -> None:
    capture.talk().client("S", data=400, options=COOKIE).server("SA", ack=acknowledged).client("A")
    (finding,) = info_fast_open.check(capture.facts())
    assert words in str(finding.cause)


def test_quiet_without_the_option(capture: Capture) -> None:
    capture.talk().open().close()
    assert list(info_fast_open.check(capture.facts())) == []


@pytest.mark.parametrize("point", ["client", "server"])
def test_fires_over_real_kernels(laboratory: Laboratory, point: str) -> None:
    (finding,) = info_fast_open.check(laboratory(f"fast_open.{point}.pcap"))
    assert finding.count == 3 and "2 carried data, which was taken from 2" in str(finding.summary)


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(info_fast_open.check(laboratory("normal_client_closes.client.pcap"))) == []
