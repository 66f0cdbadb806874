"""The requirements of RFC 9293 (appendix B) that no packet script can show, each with the reason and the tests that show it instead."""

from __future__ import annotations

import pathlib
import re

FOLDER = pathlib.Path(__file__).parent
MUSTS = tuple(f"MUST-{number}" for number in range(1, 70))
_NAMED = re.compile(r"MUST-\d+")

ELSEWHERE: dict[str, tuple[str, str]] = {
    "MUST-2": ("a script's packets have no checksum of their own", "tests/conformance/test_without_scripts.py"),
    "MUST-3": ("a script's packets have no checksum of their own", "tests/conformance/test_without_scripts.py"),
    "MUST-8": ("a script counts from the initial sequence number, whatever it is", "tests/conformance/test_without_scripts.py"),
    "MUST-9": ("a script counts from the initial sequence number, whatever it is", "tests/conformance/test_without_scripts.py"),
    "MUST-50": ("a script's packets have no IP options", "tests/conformance/test_without_scripts.py"),
    "MUST-57": ("a script's packets go to the address of the TCP", "tests/conformance/test_without_scripts.py"),
    "MUST-63": ("a script's packets come from the address of the peer", "tests/conformance/test_without_scripts.py"),
    "MUST-69": ("a script compares options, not the bytes behind them", "tests/conformance/test_without_scripts.py"),
}

NOT_HELD: dict[str, str] = {
    "MUST-48": "the Differentiated Services field belongs to whoever makes IP headers; the engine hands out segments with ECN alone",
    "MUST-49": "the TTL belongs to whoever makes IP headers; packets leave the engine with 64",
    "MUST-51": "source routes are deprecated and dropped by hosts and routers alike (RFC 7126 §4.3); the engine has none",
    "MUST-52": "see MUST-51",
    "MUST-53": "see MUST-51",
}
"""What this TCP does not do, with the reason."""


def scripts() -> list[pathlib.Path]:
    """All packet scripts, by name."""
    return sorted(FOLDER.rglob("*.pkt"))


def header_of(script: pathlib.Path) -> str:
    """The comment at the head of a script, which names the clauses that it shows."""
    lines = script.read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[: next((index for index, line in enumerate(lines) if not line.startswith("//")), len(lines))])


def named_in(header: str) -> set[str]:
    """The requirements that a header names."""
    return set(_NAMED.findall(header))
