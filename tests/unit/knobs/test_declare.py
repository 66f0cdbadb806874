from __future__ import annotations

import pytest

from estab.knobs.declare import AT_ONCE, Knob, Profile, Scope, Span, Unit
from estab.text import msg


def _knob(scope: Scope) -> Knob:
    path = "net.ipv4.made_up"
    return Knob(
        name="made_up",
        kernel_path=path,
        title=msg("t"),
        unit=Unit.COUNT,
        scope=scope,
        linux=5,
        rfc=3,
        summary=msg("x"),
        takes_effect=AT_ONCE,
        source="y",
    )


@pytest.mark.parametrize(("value", "accepted"), [(0, False), (1, True), (127, True), (128, False)])
def test_a_span_includes_both_ends(value: int, accepted: bool) -> None:
    assert (value in Span(1, 127)) is accepted


def test_a_span_without_an_upper_end_accepts_any_large_value() -> None:
    assert 1 << 40 in Span(0, None)
    assert -1 not in Span(0, None)


def test_a_span_prints_its_bounds() -> None:
    assert (str(Span(1, 127)), str(Span(0, None))) == ("1 .. 127", ">= 0")


def test_the_default_depends_on_the_profile() -> None:
    knob = _knob(Scope.NAMESPACE)
    assert (knob.default(Profile.LINUX), knob.default(Profile.RFC)) == (5, 3)


@pytest.mark.parametrize(
    ("scope", "sysctl"), [(Scope.SOCKET, False), (Scope.PROCESS, False), (Scope.NAMESPACE, True), (Scope.HOST, True)], ids=str
)
def test_only_settings_of_a_namespace_or_a_host_are_sysctls(scope: Scope, sysctl: bool) -> None:
    assert _knob(scope).is_sysctl is sysctl
