from __future__ import annotations

import pytest

from estab.capture.reader import Chunk
from estab.lives import Life
from estab.report.connection_text import connection_text
from estab.report.packets import PacketKeeper
from estab.typeset import width_of
from tests.rules.conversation import Capture
from tests.unit.report.analyses import analysis_of, layout, leak_and_refusal


def report(capture: Capture, row: int = 0, language: str = "en", *, width: int = 80, with_ladder: bool = False) -> str:
    analysis = analysis_of(capture)
    keeper = PacketKeeper(row)
    keeper(Chunk(capture.rows, len(capture.rows), Life.INTERPRETED))
    return connection_text(analysis, row, keeper, layout(language, width=width), with_ladder=with_ladder)


def test_who_how_and_which_states() -> None:
    text = report(leak_and_refusal())
    assert "connection 0: 10.0.0.1:40001 → 10.0.0.2:80\n" in text
    assert "  handshake      full, round trip 1.04 ms\n" in text and "  end            open (Zeek: S2)\n" in text
    assert "LISTEN → SYN-RECEIVED → ESTABLISHED → CLOSE-WAIT\n" in text
    assert "  sent           client 4 packets with 10 bytes, server 3 packets with 100" in text
    assert "  findings       close.close_wait_leak\n" in text and "resent" not in text


def test_a_state_stands_where_it_changes() -> None:
    lines = report(leak_and_refusal()).splitlines()
    fin = next(number for number, line in enumerate(lines) if "[F.]" in line)
    assert lines[fin + 1].split() == ["client", "FIN-WAIT-1", "·", "server", "ESTABLISHED|CLOSE-WAIT"]
    data = next(number for number, line in enumerate(lines) if "[P.]" in line and "len 10" in line)
    assert "[.]" in lines[data + 1] or "[P.]" in lines[data + 1]  # nothing changed, so nothing is told


def test_verdicts_stand_behind_their_packet() -> None:
    capture = Capture()
    capture.talk().client("S").wait("1s").client("S", again=True).server("SA").client("A")
    text = report(capture)
    assert "len 0 · sent again\n" in text and "  resent         client 1 packet, server 0 packets\n" in text


def test_a_guess_is_called_one() -> None:
    capture = Capture()
    capture.talk().client("PA", data=5).server("A")
    assert "is a guess" in report(capture)
    assert "is a guess" not in report(leak_and_refusal())


def test_packets_that_were_not_kept_are_counted() -> None:
    capture = leak_and_refusal()
    keeper = PacketKeeper(0)
    keeper.left_out = 12
    assert "… and 12 more packets\n" in connection_text(analysis_of(capture), 0, keeper, layout())


@pytest.mark.parametrize("with_ladder", [False, True])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_screen(language: str, width: int, with_ladder: bool) -> None:
    for row in (0, 6, 7):
        text = report(leak_and_refusal(), row, language, width=width, with_ladder=with_ladder)
        assert [line for line in text.splitlines() if width_of(line) > width] == []


def test_a_set_that_says_next_to_nothing_is_told_by_its_size() -> None:
    capture = Capture()
    capture.talk().client("A", seq=5, ack=9)
    text = report(capture)
    assert "server in one of " in text and "server states" in text
