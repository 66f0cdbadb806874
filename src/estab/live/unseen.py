"""Why something of this host could not be seen, in a reader's words."""

from __future__ import annotations

import errno
import os

from estab.errors import PermissionNeeded
from estab.text import Text, msg


def reason_of(problem: Exception) -> Text:
    """One line on an exception that kept something from being read."""
    if isinstance(problem, PermissionNeeded):
        return msg("not permitted; needs {capability}", capability=problem.capability)
    if isinstance(problem, OSError):
        if problem.errno in {errno.EPERM, errno.EACCES}:
            return msg("not permitted")
        if problem.errno == errno.ENOENT:
            return msg("this kernel or this namespace does not have it")
        return msg("{reason}", reason=problem.strerror or os.strerror(problem.errno or 0))
    return msg("not understood: {reason}", reason=str(problem))
