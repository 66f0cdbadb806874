from __future__ import annotations

import pytest

from estab.engine.options import Settings
from estab.engine.window import initial_window
from tests.unit.engine.configs import LINUX


@pytest.mark.parametrize(
    ("mss", "rmem_max", "settings", "scaling", "expected"),
    [
        # Windows as a Linux 6.18 announced them in SYN and SYN-ACK.
        (1460, 33554432, Settings(), True, (64240, 10)),
        (1448, 33554432, Settings(), True, (65160, 10)),
        (1460, 6291456, Settings(), True, (64240, 7)),
        (1460, 6291456, Settings(), False, (64240, 0)),
        (1460, 6291456, Settings(rcvbuf_bytes=4608), True, (1460, 0)),
        (1460, 6291456, Settings(rcvbuf_bytes=1 << 20), True, (65535, 4)),
        (1460, 6291456, Settings(window_clamp_bytes=5000), True, (4380, 0)),
    ],
)
def test_first_window_and_shift(mss: int, rmem_max: int, settings: Settings, scaling: bool, expected: tuple[int, int]) -> None:
    knobs = LINUX.but(tcp_rmem=(4096, 131072, rmem_max))
    assert initial_window(knobs, settings, mss, scaling=scaling) == expected
