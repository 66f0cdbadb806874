from __future__ import annotations

import pytest

from tests.host_rules.cases_closing import CASES
from tests.host_rules.snapshots import Case, check


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)
