from __future__ import annotations

from estab.laws.backoff import backed_off, modelled_timeout, probe_wait


def test_doubling_ends_at_the_largest() -> None:
    assert [backed_off(200, n, 1_000) for n in range(4)] == [200, 400, 800, 1_000]
    assert backed_off(1, 10_000, 5) == 5


def test_retries_stand_for_the_times_that_kernels_measured() -> None:
    # tcp_retries2 of 3, 5, 8, 10 and 15 in milliseconds; tcp_syn_retries of 6 from one second.
    assert [modelled_timeout(n, 200, 120_000) for n in (0, 3, 5, 8, 10, 15)] == [200, 3_000, 12_600, 102_200, 324_600, 924_600]
    assert modelled_timeout(6, 1, 120) == 127


def test_a_smaller_largest_timeout_shortens_the_whole() -> None:
    assert modelled_timeout(15, 200, 1_000) == 1_400 + 13 * 1_000


def test_probes_double_from_the_timeout_but_never_below_the_floor() -> None:
    assert [probe_wait(50, n, 200, 120_000) for n in (0, 1, 2)] == [200, 400, 800]
    assert probe_wait(300, 60, 200, 120_000) == 120_000
