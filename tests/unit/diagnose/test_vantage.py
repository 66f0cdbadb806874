"""Where a capture was taken: each place has its words."""

from __future__ import annotations

import subprocess
import sys

from estab.diagnose.vantage import Vantage
from estab.report import words


def test_each_place_has_its_words() -> None:
    texts = {str(words.VANTAGE_WORDS[place]) for place in Vantage}
    assert len(texts) == len(Vantage)


def test_words_for_a_host_do_not_load_what_follows_packets() -> None:
    """A host is diagnosed without the tracker; loading it takes longer than the diagnosis."""
    program = "import sys, estab.observe, estab.report.host_text; from estab.diagnose.catalog import host_rules; host_rules()"
    loaded = subprocess.run(
        [sys.executable, "-c", f"{program}; print(*sys.modules)"], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert [name for name in loaded if name.startswith(("estab.track", "estab.capture", "numba"))] == []
