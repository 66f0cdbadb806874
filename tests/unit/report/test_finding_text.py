"""One finding as text."""

from __future__ import annotations

from estab.diagnose.finding import PacketsEvidence, Remedy, RemedyScope, SnapshotEvidence, SocketName
from estab.flow import Endpoint
from estab.machine.states import State
from estab.report.finding_text import _evidence, _remedy
from estab.text import Translator, msg


def test_one_packet_is_a_packet() -> None:
    text = _evidence(PacketsEvidence(msg("it"), connection=3, frames=(7,)), Translator("en"))
    assert text == "it (connection 3: packet 7)"


def test_a_socket_is_named_by_its_ends() -> None:
    name = SocketName(Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 9), State.CLOSE_WAIT)
    assert _evidence(SnapshotEvidence(msg("it"), name, {}), Translator("en")) == "it (10.0.0.1:80 → 10.0.0.2:9)"


def test_a_setting_is_told_with_its_undo() -> None:
    remedy = Remedy(
        RemedyScope.KERNEL,
        msg("text"),
        set={"net.core.somaxconn": 4096},
        undo={"net.core.somaxconn": 128},
        valid="Linux >= 2.6",
        caution=msg("listen() again"),
    )
    told = [
        "text",
        "net.core.somaxconn → 4096",
        "undo: write back what `sysctl net.core.somaxconn` says now (usual: 128)",
        "valid for Linux >= 2.6",
        "mind: listen() again",
    ]
    assert _remedy(remedy, Translator("en"), knows_settings=False) == told
    known = _remedy(remedy, Translator("en"), knows_settings=True)
    assert known[2] == "undo: sysctl -w net.core.somaxconn=128"
