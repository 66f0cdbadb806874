"""What is said of bad values: true to the declarations, and never recommended itself."""

from __future__ import annotations

import pytest

from estab.knobs.advice import ADVICE, Advice, Weight
from estab.knobs.catalog import KNOBS
from estab.knobs.purposes import PURPOSES


def name_of(advice: Advice) -> str:
    return f"{advice.knob} {advice.bad}"


@pytest.mark.parametrize("advice", ADVICE, ids=name_of)
def test_knobs_exist_and_what_is_better_is_valid(advice: Advice) -> None:
    knob = KNOBS[advice.knob]
    assert knob.is_sysctl and all(other in KNOBS for other, _ in advice.also)
    if advice.better is not None:
        assert knob.valid is not None and int(advice.better) in knob.valid
        assert int(advice.better) not in advice.bad


@pytest.mark.parametrize("advice", ADVICE, ids=name_of)
def test_no_default_of_linux_is_called_bad(advice: Advice) -> None:
    default = KNOBS[advice.knob].linux
    number = default[advice.place] if isinstance(default, tuple) else default
    assert not isinstance(number, int) or number not in advice.bad or bool(advice.also)


@pytest.mark.parametrize("advice", [advice for advice in ADVICE if advice.weight is Weight.DANGEROUS], ids=name_of)
def test_what_is_dangerous_has_a_better_value(advice: Advice) -> None:
    assert advice.better is not None


def test_nothing_that_is_bad_is_recommended_anywhere() -> None:
    recommended = [(advice.knob, advice.better) for advice in ADVICE if advice.better is not None]
    recommended += [(wish.knob, wish.value) for purpose in PURPOSES.values() for wish in purpose.wishes]
    bad = [
        (name, value)
        for name, value in recommended
        for advice in ADVICE
        if advice.knob == name and not advice.also and int(value.split()[advice.place]) in advice.bad
    ]
    assert bad == []


def test_every_piece_of_dangerous_advice_that_is_known_is_recognised() -> None:
    known = {
        "tcp_tw_recycle": 1, "tcp_abort_on_overflow": 1, "tcp_timestamps": 0, "tcp_sack": 0, "tcp_syncookies": 0,
        "tcp_max_tw_buckets": 1024, "tcp_retries2": 3,
    }  # fmt: skip
    for name, value in known.items():
        assert any(one.knob == name and value in one.bad and one.weight is Weight.DANGEROUS for one in ADVICE), name
    assert any(one.knob == "tcp_retries2" and 5 in one.bad for one in ADVICE)
    assert any(one.knob == "tcp_fin_timeout" and 30 in one.bad and one.weight is Weight.WITHOUT_EFFECT for one in ADVICE)
