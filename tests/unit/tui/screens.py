"""Screens of a headless program as text."""

from __future__ import annotations

import html
import re
from typing import Any

from textual.app import App

from estab.typeset import pad

_TEXT = re.compile(r'<text [^>]*\bx="([\d.]+)"[^>]*\by="([\d.]+)"[^>]*textLength="([\d.]+)"[^>]*>(.*?)</text>', re.DOTALL)
_CELL_WIDTH = 12.2


def screen_text(app: App[Any]) -> str:
    """What stands on the screen, line by line, from the program's own drawing of it."""
    lines: dict[float, dict[int, str]] = {}
    for x, y, _, text in _TEXT.findall(app.export_screenshot(simplify=False)):
        lines.setdefault(float(y), {})[round(float(x) / _CELL_WIDTH)] = html.unescape(text).replace("\xa0", " ")
    told = []
    for y in sorted(lines):
        line = ""
        for x, text in sorted(lines[y].items()):
            line = pad(line, x) + text
        told.append(line.rstrip())
    return "\n".join(told)
