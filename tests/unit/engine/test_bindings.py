"""Who may hold a port beside whom; the matrix of SO_REUSEADDR is what a kernel did when it was asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from estab.engine.bindings import ANY_IPV4, ANY_IPV6, Bindings, Claim, Role

PORT = 7000


def _may(new: Claim, *held: Claim, chosen_for_us: bool = False) -> bool:
    bindings = Bindings()
    for claim in held:
        bindings.hold(PORT, claim, by_bind=True)
    return bindings.may_bind(PORT, new, chosen_for_us=chosen_for_us)


@pytest.mark.parametrize(
    ("old_reuses", "new_reuses", "allowed"), [(False, False, False), (False, True, False), (True, False, False), (True, True, True)]
)
def test_restart_beside_time_wait_needs_reuse_of_the_old_listener_and_of_the_new(old_reuses: bool, new_reuses: bool, allowed: bool) -> None:
    old = Claim("10.0.0.1", reuse_address=old_reuses, role=Role.TIME_WAIT)
    assert _may(Claim(ANY_IPV4, reuse_address=new_reuses), old) is allowed


def test_a_second_listener_needs_reuse_port_and_the_same_user() -> None:
    listening = Claim(ANY_IPV4, reuse_address=True, role=Role.LISTENING)
    assert not _may(Claim(ANY_IPV4, reuse_address=True), listening)
    sharing = replace(listening, reuse_port=True, uid=7)
    assert _may(Claim(ANY_IPV4, reuse_port=True, uid=7), sharing)
    assert not _may(Claim(ANY_IPV4, reuse_port=True, uid=8), sharing)
    assert _may(Claim(ANY_IPV4, reuse_port=True, uid=8), replace(sharing, role=Role.TIME_WAIT))


def test_a_port_of_an_outgoing_connection_cannot_be_listened_on() -> None:
    assert not _may(Claim(ANY_IPV4, reuse_address=True), Claim("10.0.0.1"))


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (Claim("10.0.0.1"), Claim("10.0.0.2"), False),
        (Claim("10.0.0.1"), Claim("10.0.0.1"), True),
        (Claim("10.0.0.1"), Claim(ANY_IPV4), True),
        (Claim("fd00::1"), Claim(ANY_IPV4), False),
        (Claim("fd00::1"), Claim(ANY_IPV6), True),
        (Claim("10.0.0.1"), Claim(ANY_IPV6), True),
        (Claim("10.0.0.1"), Claim(ANY_IPV6, v6only=True), False),
        (Claim(ANY_IPV4), Claim(ANY_IPV6), True),
        (Claim(ANY_IPV4), Claim(ANY_IPV6, v6only=True), False),
        (Claim("fd00::1"), Claim(ANY_IPV6, v6only=True), True),
    ],
)
def test_which_addresses_meet(one: Claim, other: Claim, meet: bool) -> None:
    assert _may(one, other) is not meet
    assert _may(other, one) is not meet


def test_bind_zero_does_not_share_a_port_that_an_explicit_bind_could() -> None:
    held = Claim(ANY_IPV4, reuse_address=True)
    assert _may(held, held) and not _may(held, held, chosen_for_us=True)


def test_connect_avoids_bound_ports_and_asks_for_the_tuple_on_others() -> None:
    bindings = Bindings()
    bindings.hold(PORT, Claim("10.0.0.1"), by_bind=True)
    bindings.hold(PORT + 1, Claim("10.0.0.1"))
    assert not bindings.may_connect(PORT, lambda _: True)
    assert bindings.may_connect(PORT + 1, lambda _: True) and not bindings.may_connect(PORT + 1, lambda _: False)
    assert bindings.may_connect(PORT + 2, lambda _: False)


def test_a_port_is_free_again_when_its_last_holder_goes() -> None:
    bindings, claim = Bindings(), Claim("10.0.0.1")
    bindings.hold(PORT, claim, by_bind=True)
    bindings.hold(PORT, claim)
    bindings.release(PORT, claim)
    assert not bindings.may_bind(PORT, claim) and not bindings.may_connect(PORT, lambda _: True) and bindings.holders(PORT) == 1
    bindings.release(PORT, claim)
    assert bindings.may_bind(PORT, claim) and bindings.may_connect(PORT, lambda _: True) and bindings.holders(PORT) == 0


def test_a_holder_that_becomes_something_else_is_counted_once() -> None:
    bindings, claim = Bindings(), Claim("10.0.0.1", reuse_address=True)
    listening = replace(claim, role=Role.LISTENING)
    bindings.hold(PORT, claim, by_bind=True)
    bindings.exchange(PORT, claim, listening)
    assert bindings.holders(PORT) == 1 and not bindings.may_bind(PORT, claim)
    bindings.exchange(PORT, listening, listening)
    bindings.release(PORT, listening)
    assert bindings.holders(PORT) == 0
