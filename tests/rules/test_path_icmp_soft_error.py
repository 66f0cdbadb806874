from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.rules import path_icmp_soft_error
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


@pytest.mark.parametrize(("kind", "code", "word"), [(3, 1, "cannot or may not"), (3, 13, "cannot or may not"), (11, 0, "circle")])
def test_fires_for_an_error_about_an_open_connection(capture: Capture, kind: int, code: int, word: str) -> None:
    capture.talk().open().client("PA", data=10).icmp("client", kind=kind, code=code)
    (finding,) = path_icmp_soft_error.check(capture.facts())
    assert f"type {kind}, code {code}" in str(finding.summary) and word in str(finding.cause)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("S").icmp("client", kind=3, code=1),  # about a SYN
        lambda talk: talk.open().client("PA", data=1400).icmp("client", kind=3, code=4, mtu=1300),
        lambda talk: talk.open().client("PA", data=10).server("A"),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(path_icmp_soft_error.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["refused_icmp_admin.client.pcap", "pmtu_icmp_ok.client.pcap.gz"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(path_icmp_soft_error.check(laboratory(name))) == []
