from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_self_connect
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_where_both_ends_are_one(capture: Capture) -> None:
    talk = capture.talk(client="127.0.0.1:40000", server="127.0.0.1:40000")
    talk.client("S").client("SA", seq=1_000, ack=1_001).client("A", ack=1_001).client("PA", data=10, ack=1_001)
    (finding,) = handshake_self_connect.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "127.0.0.1:40000")
    assert finding.remedy[1].set == {"net.ipv4.ip_local_reserved_ports": 40000}


@pytest.mark.parametrize(
    ("client", "server"), [("127.0.0.1:40000", "127.0.0.1:40001"), ("127.0.0.1:40000", "127.0.0.2:40000"), ("10.0.0.1:179", "10.0.0.2:179")]
)
def test_quiet_for_two_ends(capture: Capture, client: str, server: str) -> None:
    capture.talk(client=client, server=server).open().client("PA", data=10).server("A").close()
    assert list(handshake_self_connect.check(capture.facts())) == []


def test_a_forged_syn_alone_is_no_connection(capture: Capture) -> None:
    capture.talk(client="10.0.0.2:139", server="10.0.0.2:139").client("S")
    assert list(handshake_self_connect.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["loopback.lo.pcap", "simultaneous_open.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(handshake_self_connect.check(laboratory(name))) == []
