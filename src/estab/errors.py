"""The families of errors that cross estab's public border.

*Misuse* (a wrong call) and *world* (a file or a right that is missing) are raised and say what to do.  *Bytes* (a damaged
record) are not raised: readers count them and go on.  A peer's misbehaviour is a verdict of the machine, never an exception.
"""


class EstabError(Exception):
    """Base of everything estab raises on purpose; `str()` is one line for a person."""


class InputError(EstabError):
    """The input cannot be used at all (missing, empty, not a capture, unreadable).

    `reason` is a string or a `text.Text`, which fronts show in the reader's language; `str()` of the error is English.  `path` names
    the input, `offset` is the byte offset of the trouble where there is one.
    """

    def __init__(self, reason: object, *, path: str | None = None, offset: int | None = None) -> None:
        self.reason, self.path, self.offset = reason, path, offset
        where = "" if path is None else f"{path}: "
        at = "" if offset is None else f" (at byte {offset})"
        super().__init__(f"{where}{reason}{at}")


class MisuseError(EstabError, ValueError):
    """The caller asked for something that has no meaning; the message says what to ask instead."""


class PermissionNeeded(EstabError):
    """The world refused; `capability` names what is needed, `reason` is a string or a `text.Text`."""

    def __init__(self, reason: object, *, capability: str) -> None:
        self.reason, self.capability = reason, capability
        super().__init__(f"{reason} (needs {capability})")
