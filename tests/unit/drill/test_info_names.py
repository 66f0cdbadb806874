from __future__ import annotations

from estab.drill.info_names import CONSTANTS, STATE_NUMBERS, code_names, kernel_name
from estab.machine.states import State
from estab.snapshot import CongestionState, TcpInfo, TcpOption


def test_units_are_left_out_of_the_kernel_names() -> None:
    names = {"snd_mss_bytes": "tcpi_snd_mss", "busy_time_us": "tcpi_busy_time", "pacing_rate_bytes_per_s": "tcpi_pacing_rate"}
    assert {field: kernel_name(field) for field in names} == names


def test_every_state_has_its_number() -> None:
    assert sorted(STATE_NUMBERS.values()) == list(range(1, 12)) and set(STATE_NUMBERS) == set(State)


def test_values_and_constants() -> None:
    info = TcpInfo(state=State.CLOSE_WAIT, ca_state=CongestionState.LOSS, options=TcpOption.SACK, rtt_us=100, snd_cwnd_segments=7)
    names = code_names(info)
    assert names["tcpi_state"] == CONSTANTS["TCP_CLOSE_WAIT"] == 8
    assert names["tcpi_ca_state"] == names["TCP_CA_Loss"] and type(names["tcpi_ca_state"]) is int
    assert (names["tcpi_rtt"], names["tcpi_snd_cwnd"], names["tcpi_options"]) == (100, 7, names["TCPI_OPT_SACK"])
    assert names["tcpi_snd_ssthresh"] == names["TCP_INFINITE_SSTHRESH"]
