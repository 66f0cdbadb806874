from __future__ import annotations

from estab.report.ladder import _short
from tests.rules.conversation import Capture
from tests.unit.report.test_connection_text import report


def test_arrows_point_to_the_receiver_and_states_stand_beside_their_end() -> None:
    capture = Capture()
    capture.talk().open().close()
    lines = report(capture, with_ladder=True).splitlines()
    syn, syn_ack = (next(line for line in lines if mark in line) for mark in ("[S] ", "[S.] "))
    assert "SYN-SENT       |-" in syn and "->|" in syn
    assert "|<-" in syn_ack and syn_ack.endswith("| SYN-RECEIVED")
    ends = next(line for line in lines if "10.0.0.1:40001" in line and "connection" not in line)
    assert ends.endswith("10.0.0.2:80")


def test_a_state_is_not_repeated() -> None:
    capture = Capture()
    capture.talk().open().client("PA", data=5).server("A").client("PA", data=5).server("A")
    text = report(capture, with_ladder=True).partition("[S]")[2]
    assert text.count("ESTABLISHED    |") == 1


def test_what_is_remarkable_stands_below_its_arrow() -> None:
    capture = Capture()
    capture.talk().client("S").wait("1s").client("S", again=True)
    lines = report(capture, with_ladder=True).splitlines()
    assert "sent again" in lines[-1] and "[S]" in lines[-2]


def test_a_set_of_states_is_short() -> None:
    assert _short(1 << 4, 14) == "ESTABLISHED" and _short(0, 14) == ""
    assert _short(0b11000, 14) == "SYN-RECEIVED+1" and _short(0b1100000, 21) == "FIN-WAIT-1|FIN-WAIT-2"


def test_a_wide_screen_spells_sets_in_full() -> None:
    capture = Capture()
    capture.talk().open().client("FA").wait("40ms").server("A")
    assert "FIN-WAIT-1|FIN-WAIT-2 |<" in report(capture, with_ladder=True, width=120)
    assert "FIN-WAIT-1+1" in report(capture, with_ladder=True)
