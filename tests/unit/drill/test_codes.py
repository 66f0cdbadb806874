from __future__ import annotations

from typing import Any

import pytest

from estab.drill.codes import AssertionFailedError, CodeRefusedError, run_code

GIVEN = {"tcpi_snd_cwnd": 10, "tcpi_options": 6, "TCPI_OPT_SACK": 2}


@pytest.mark.parametrize(
    "text",
    [
        "assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd",
        " assert 5 <= tcpi_snd_cwnd <= 10; \\\n   assert (tcpi_options & TCPI_OPT_SACK) != 0 ",
        "\n  assert True  # a comment\n  assert not False, 'x=%d us' % tcpi_snd_cwnd\n",
        "if tcpi_snd_cwnd > 5:\n    assert 1\nelse:\n    assert 0",
        "print(tcpi_snd_cwnd)",
        "assert max(1, 2) == 2 and abs(-1) == 1 and min(3, 4) == 3 and int(1.5) == 1",
        "assert (1 if tcpi_snd_cwnd else 2) == 1; assert tcpi_snd_cwnd in (10, 11); assert tcpi_snd_cwnd not in [1]",
        "assert False or -1 < 0; assert 7 // 2 == 3; assert ~0 == -1; pass; 'a note'",
    ],
)
def test_assertions_that_hold(text: str) -> None:
    run_code(text, GIVEN, {})


def test_names_are_kept_from_block_to_block() -> None:
    kept: dict[str, Any] = {}
    run_code("cwnd = 9", GIVEN, kept)
    run_code("cwnd += 1; assert tcpi_snd_cwnd == cwnd", GIVEN, kept)
    assert kept == {"cwnd": 10}


def test_a_failure_tells_the_values() -> None:
    with pytest.raises(AssertionFailedError) as caught:
        run_code("assert True\nassert tcpi_snd_cwnd == 12, tcpi_snd_cwnd", GIVEN, {})
    assert (caught.value.source, caught.value.values, caught.value.line) == ("tcpi_snd_cwnd == 12", {"tcpi_snd_cwnd": 10}, 2)


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "__import__('os')",
        "open('x')",
        "assert tcpi_snd_cwnd.__class__",
        "assert 2 ** 99",
        "assert 1 << 99",
        "assert 'a' * 9",
        "assert unknown",
        "assert (lambda: 1)()",
        "assert [x for x in (1,)]",
        "assert tcpi_snd_cwnd is 10",
        "while 1: pass",
        "def f(): pass",
        "a.b = 1",
        "assert 1 / 0",
        "assert 'x' % 1",
        "assert (",
        "assert abs(x=1)",
    ],
)
def test_what_is_more_than_assertions_is_refused(text: str) -> None:
    with pytest.raises(CodeRefusedError):
        run_code(text, GIVEN, {})
