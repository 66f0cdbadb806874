"""Sets of values of knobs."""

from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.knobs.catalog import KNOBS
from estab.knobs.declare import Profile
from estab.knobs.values import KnobValues, profile_values

LINUX = profile_values(Profile.LINUX)


def test_a_profile_has_every_knob() -> None:
    assert set(LINUX) == set(KNOBS) == set(profile_values(Profile.RFC)) and len(LINUX) == len(KNOBS)


def test_linux_has_the_kernels_defaults() -> None:
    assert (LINUX.tcp_syn_retries, LINUX.tcp_fin_timeout, LINUX["tcp_retries2"]) == (6, 60, 15)


def test_a_change_leaves_the_first_set_alone() -> None:
    assert (LINUX.but(tcp_fin_timeout=5).tcp_fin_timeout, LINUX.tcp_fin_timeout) == (5, 60)


def test_changes_as_a_command_line_gives_them() -> None:
    changed = LINUX.changed({"net.ipv4.tcp_syn_retries": "2", "net.ipv4.tcp_rmem": "4096 8192 16384", "tcp_congestion_control": "reno"})
    assert (changed.tcp_syn_retries, changed.tcp_rmem, changed.tcp_congestion_control) == (2, (4096, 8192, 16384), "reno")


@pytest.mark.parametrize(
    "change", [{"tcp_no_such": "1"}, {"tcp_syn_retries": "0"}, {"tcp_syn_retries": 128}, {"tcp_fin_timeout": "soon"}, {"tcp_rmem": ""}]
)
def test_what_no_kernel_would_take_is_refused(change: dict[str, str | int]) -> None:
    with pytest.raises(MisuseError):
        LINUX.changed(change)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="tcp_nonsense"):
        _ = LINUX.tcp_nonsense


def test_what_depends_on_memory_is_that_of_the_reference_host() -> None:
    values = profile_values(Profile.LINUX)
    assert (values.tcp_max_tw_buckets, values.tcp_max_syn_backlog, values.tcp_mem[2]) == (131_072, 2048, 786_432)
    assert values.but(tcp_max_tw_buckets=0).tcp_max_tw_buckets == 0


def test_lists_of_ports_and_vectors_are_read_as_what_they_are() -> None:
    values = profile_values(Profile.LINUX)
    assert values.ip_local_reserved_ports == ""
    assert values.changed({"ip_local_reserved_ports": "8080,9000-9100"}).ip_local_reserved_ports == "8080,9000-9100"
    assert values.changed({"tcp_mem": "1 2 3"}).tcp_mem == (1, 2, 3)


def test_what_is_derived_from_a_set_is_made_once_for_each_set() -> None:
    made: list[int] = []

    def retries(values: KnobValues) -> tuple[int]:
        made.append(1)
        return (values.tcp_retries2,)

    other = LINUX.but(tcp_retries2=3)
    assert LINUX.derived(retries) is LINUX.derived(retries)
    assert (other.derived(retries), LINUX.derived(retries)) == ((3,), (15,))
    assert len(made) == 2
