from __future__ import annotations

from estab.drill.config import Family
from estab.drill.render import render_text, runs_to_dict
from estab.drill.runner import run_script
from estab.text import Translator
from tests.unit.drill.playing import CONNECTED

GOOD = run_script(CONNECTED, "good.pkt")
BAD = run_script(f"{CONNECTED}\n   +0 write(4, ..., 10) = 10\n   +0 > P. 1:11(10) ack 2", "bad.pkt", families=(Family.IPV4,))
BROKEN = run_script("0 ?", "broken.pkt")
ALL = (*GOOD, *BAD, *BROKEN)


def text(language: str, *, verbose: bool = False) -> str:
    return "".join(render_text(ALL, Translator(language), verbose=verbose))


def test_text_in_english() -> None:
    lines = text("en").splitlines()
    assert lines[0] == "passed    good.pkt  ipv4 ipv4-mapped-ipv6 ipv6"
    assert lines[1] == "FAILED    bad.pkt"
    assert lines[2] == "    bad.pkt:12  ipv4  0.010000 s  the packet is not as written"
    assert [line.split() for line in lines[3:6]] == [
        ["script", "+0", ">", "P.", "1:11(10)", "ack", "2"],
        ["expected", ">", "P.", "1:11(10)", "ack", "2"],
        ["actual", "0.010000", ">", "P.", "1:11(10)", "ack", "1", "win", "64240"],
    ]
    assert lines[6].split() == ["acknowledgment", "number", "expected", "2,", "actual", "1"]
    assert lines[7] == "unusable  broken.pkt" and lines[8].startswith("    broken.pkt:1:3: expected a packet")
    assert lines[-1] == "3 scripts: passed 1 · FAILED 1 · unusable 1"


def test_text_in_chinese() -> None:
    said = text("zh_CN")
    assert "通过" in said and "报文与脚本不符" in said and "预期 2，实际 1" in said and "共 3 个脚本" in said


def test_verbose_text_has_the_events() -> None:
    assert "      0.010000     9  +0 accept(3, ..., ...) = 4\n" in text("en", verbose=True)


def test_document() -> None:
    document = runs_to_dict(ALL, Translator("en"))
    assert (document["schema"], document["count"]) == ("estab.drill/1", {"passed": 3, "failed": 1, "unusable": 1})
    good, *_, bad, broken = document["runs"]
    assert (good["script"], good["ip_version"], good["outcome"], good["failure"]) == ("good.pkt", "ipv4", "passed", None)
    assert bad["failure"]["differences"] == [{"what": "acknowledgment number", "expected": "2", "actual": "1"}]
    assert (bad["failure"]["line"], bad["failure"]["at_ns"]) == (12, 10_000_000)
    assert broken["unusable"]["line"] == 1 and broken["unusable"]["column"] == 3
