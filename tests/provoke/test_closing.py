"""Connections that do not end as they should, made for real."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.provoke.laboratory import CLIENT, SERVER, Laboratory
from tests.provoke.wire import TO_CLIENT, TO_SERVER


def test_close_wait_leak(lab: Laboratory) -> None:
    client, server, _ = lab.wired()
    server.do("l = listen(80, 64)")
    client.do(f"made = [dial({SERVER!r}) for _ in range(6)]")
    server.do("kept = [l.accept()[0] for _ in range(6)]")
    client.do("[one.close() for one in made]")
    seen = server.diagnosed()
    finding = seen.only("close.close_wait_leak", at=(SERVER, 80), owner=server, severity=Severity.CRITICAL)
    assert finding.count == 6
    client.diagnosed().quiet()
