"""The audit of settings as text."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from estab.knobs.audit import audit
from estab.knobs.catalog import KNOBS
from estab.knobs.purposes import PURPOSES
from estab.live.namespaces import Namespace
from estab.live.tuned import Tuned
from estab.report.painter import Painter
from estab.report.tune_text import tune_text
from estab.report.view import Layout
from estab.snapshot import HostSnapshot
from estab.text import Translator
from estab.typeset import width_of

KNOBS_OF_HOST = {"tcp_abort_on_overflow": "1", "tcp_fin_timeout": "30", "tcp_rmem": "4096 131072 6291456", "tcp_congestion_control": "bbr"}


def tuned(profile: str | None = None, values: dict[str, str] | None = None, **more: Any) -> Tuned:
    knobs = KNOBS_OF_HOST if values is None else values
    host = HostSnapshot(taken_ns=1, kernel="6.1.0", knobs=knobs, **more)
    purpose = None if profile is None else PURPOSES[profile]
    return Tuned(
        host=host,
        namespace=None,
        purpose=purpose,
        recommendations=tuple(audit(knobs, purpose=purpose)),
        lacking=() if profile is None else (KNOBS["tcp_migrate_req"],),
    )


def text(shown: Tuned, *, width: int = 80, language: str = "en", notes: bool = False) -> list[str]:
    said = tune_text(shown, Layout(translator=Translator(language), width=width, painter=Painter(), notes=notes))
    assert said.endswith("\n") and all(width_of(line) <= width for line in said.splitlines())
    return said.splitlines()


def test_a_dangerous_setting_is_told_with_everything_needed() -> None:
    lines = text(tuned())
    assert lines[0] == "this host   Linux 6.1.0                                          4 settings read"
    assert lines[2] == "DANGEROUS  net.ipv4.tcp_abort_on_overflow = 1 → 0"
    labels = [line.split()[0] for line in lines[3 : lines.index("", 3)] if line[2] != " "]
    assert labels == ["Why", "Scope", "Valid", "Caution", "Undo"]
    assert "  Undo     sysctl -w net.ipv4.tcp_abort_on_overflow=1" in lines
    assert any(line.startswith("  Scope    this network namespace; ") for line in lines)
    assert lines[-1] == "Nothing has been changed; --apply does it, one setting at a time."


def test_what_has_no_better_value_has_nothing_to_undo() -> None:
    lines = text(tuned(values={"tcp_fin_timeout": "30"}))
    assert "WITHOUT EFFECT  net.ipv4.tcp_fin_timeout = 30" in lines
    assert not any("Undo" in line or "--apply" in line for line in lines)


def test_a_good_host() -> None:
    lines = text(tuned(values={"tcp_sack": "1"}))
    assert lines[-1] == "No setting is known to do harm, and none is without effect."


def test_settings_that_differ_are_counted_or_shown() -> None:
    assert "3 settings differ from Linux's own defaults (-v shows them)." in text(tuned())
    assert "tcp_congestion_control = bbr (cubic)" in " ".join(text(tuned(), notes=True))


@pytest.mark.parametrize("profile", PURPOSES)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_profiles_fit_in_both_languages(profile: str, language: str, width: int) -> None:
    values = KNOBS_OF_HOST | {wish.knob: "0" for wish in PURPOSES[profile].wishes} | {"ip_local_port_range": "32768 60999"}
    lines = text(tuned(profile, values), width=width, language=language, notes=True)
    assert profile in "\n".join(lines) and "tcp_migrate_req" in "\n".join(lines)


def test_whose_settings_they_are() -> None:
    assert text(tuned(is_initial_namespace=False))[0].startswith("this network namespace   ")
    named = Tuned(host=HostSnapshot(taken_ns=1), namespace=Namespace(pathlib.Path("/x"), 1, "blue"))
    assert text(named)[0].startswith("network namespace blue   ")


def test_what_could_not_be_read_is_told_and_only_that() -> None:
    lines = text(tuned(unseen={"knobs.host": "not permitted", "qdiscs": "no"}))
    assert "  hidden   knobs.host: not permitted" in lines and not any("qdiscs" in line for line in lines)
