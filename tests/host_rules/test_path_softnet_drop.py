"""path.softnet_drop: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found

CODE = "path.softnet_drop"


def test_a_drop_is_a_warning() -> None:
    (finding,) = found(CODE, facts_of({"Softnet.dropped": 1, "Softnet.squeezed": 0}))
    assert finding.severity is Severity.WARNING


def test_squeezes_are_a_note_from_ten_a_second() -> None:
    few, many = (found(CODE, facts_of({"Softnet.dropped": 0, "Softnet.squeezed": squeezed})) for squeezed in (49, 50))
    assert few == [] and [finding.severity for finding in many] == [Severity.INFO]
