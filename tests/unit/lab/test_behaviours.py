from __future__ import annotations

import itertools
import re

from estab.lab.behaviours import Behaviour


def test_names_are_a_subject_and_a_behaviour() -> None:
    """They are written in JSON, so they stay as they are spelled."""
    assert all(re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", behaviour) for behaviour in Behaviour)
    subjects = [behaviour.partition(".")[0] for behaviour in Behaviour]
    assert [subject for subject, _ in itertools.groupby(subjects)] == list(dict.fromkeys(subjects)), "a subject stands together"
