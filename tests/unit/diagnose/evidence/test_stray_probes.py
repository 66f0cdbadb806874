"""Which segments without a connection a scanner sent."""

from __future__ import annotations

import numpy as np
import pytest

from estab.diagnose.evidence import stray_probes
from estab.wire.columns import ACK, FIN, PSH, URG
from tests.rules.conversation import Capture


def test_only_what_draws_nothing_but_resets_is_stray() -> None:
    capture = Capture()
    capture.talk().client("F").server("RA", seq=0)
    capture.talk().client("F")
    capture.talk().client("F").server("A")  # somebody is there
    capture.talk().client("PA", data=5).server("R", seq=0)  # data of a real connection
    capture.talk().client("S").server("RA", seq=0)  # an honest attempt
    capture.talk().client("R")  # a late RST
    assert np.flatnonzero(stray_probes.stray(capture.facts())).tolist() == [0, 1]


@pytest.mark.parametrize(("flags", "one_port", "is_scan"), [("F", False, True), ("A", False, False), ("A", True, True)])
def test_bare_acks_are_probes_where_one_port_asks_many(flags: str, one_port: bool, is_scan: bool) -> None:
    capture = Capture()
    for port in range(1, 9):
        capture.talk(client="10.0.0.1:50000" if one_port else "10.0.0.1", server=f"10.0.0.2:{port}").client(flags)
    assert stray_probes.is_scan(capture.facts(), np.arange(8)) is is_scan


@pytest.mark.parametrize(
    ("flags", "name"), [(0, "NULL"), (FIN, "FIN"), (FIN | PSH | URG, "XMAS"), (ACK, "ACK"), (FIN | ACK, "FIN,ACK"), (URG, "0x20")]
)
def test_scanners_have_names_for_them(flags: int, name: str) -> None:
    assert stray_probes.spell_kind(flags) == name


def test_the_kind_is_what_most_of_them_are() -> None:
    capture = Capture()
    for flags in ("F", "F", ""):
        capture.talk().client(flags)
    assert stray_probes.kind_of(capture.facts(), np.arange(3)) == FIN
