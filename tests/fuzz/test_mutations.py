"""Damaged captures: the damage is what it says, the harness notices every way to fail, and estab survives."""

from __future__ import annotations

import os
import pathlib
import random
import re
import struct
import sys
import time

import pytest

if sys.platform != "linux":
    pytest.skip("the harness reads /proc", allow_module_level=True)

from tools import fuzz
from tools.mutations import (
    CUT_MUTATORS,
    FIELD_MUTATORS,
    Mutator,
    Specimen,
    falsify_data_offset,
    falsify_record_length,
    mutant,
    rearranged,
    specimen,
)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEPT = sorted((pathlib.Path(__file__).parent / "corpus").glob("*.bin"))
EXAMPLE = ROOT / "examples" / "close_wait_leak.server.pcap"
PCAP = specimen("example", EXAMPLE.read_bytes())


def as_pcapng(pcap: bytes) -> bytes:
    """The packets of a little-endian pcap file in pcapng blocks."""
    blocks = [struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28), struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)]
    for record in specimen("", pcap).records:
        packet = pcap[record.packet : record.end]
        padded = packet + bytes(-len(packet) % 4)
        total = 32 + len(padded)
        blocks.append(struct.pack("<IIIIIII", 6, total, 0, 0, 0, len(packet), len(packet)) + padded + struct.pack("<I", total))
    return b"".join(blocks)


PCAPNG = specimen("example in blocks", as_pcapng(PCAP.data))


# The damage.


def test_records_are_found() -> None:
    assert len(PCAP.records) == 108
    assert PCAP.records[0].packet == 40
    assert PCAP.records[-1].end == len(PCAP.data)
    assert len(PCAPNG.records) == 110
    assert PCAPNG.data[PCAPNG.records[2].packet :].startswith(PCAP.data[40:106])


@pytest.mark.parametrize("data", [b"", b"\xd4\xc3\xb2\xa1", b"\x0a\x0d\x0d\x0a", bytes(100), PCAP.data[:30], PCAPNG.data[:30]])
def test_what_is_no_capture_is_a_specimen_without_packets(data: bytes) -> None:
    assert all(record.end <= len(data) for record in specimen("", data).records)


@pytest.mark.parametrize("mutator", [*FIELD_MUTATORS, *CUT_MUTATORS], ids=lambda mutator: mutator.__name__)
@pytest.mark.parametrize(
    "source", [PCAP, PCAPNG, specimen("nothing", b""), specimen("text", b"no capture")], ids=lambda source: source.name
)
def test_a_mutator_damages_and_is_deterministic(mutator: Mutator, source: Specimen) -> None:
    results = []
    for _ in range(2):
        chance, data = random.Random(5), bytearray(source.data)
        for _ in range(10):
            mutator(data, source, chance)
        results.append(bytes(data))
    assert results[0] == results[1]
    if mutator in FIELD_MUTATORS:
        assert len(results[0]) == len(source.data)
    if source.records:
        assert results[0] != source.data


def test_lengths_are_falsified_where_they_stand() -> None:
    data = bytearray(PCAP.data)
    falsify_record_length(data, PCAP, random.Random(1))
    changed = [at for at in range(len(data)) if data[at] != PCAP.data[at]]
    assert any(record.start + 8 <= changed[0] and changed[-1] < record.start + 16 for record in PCAP.records)
    data = bytearray(PCAP.data)
    falsify_data_offset(data, PCAP, random.Random(1))
    (place,) = [at for at in range(len(data)) if data[at] != PCAP.data[at]]
    assert place in {record.packet + 14 + 20 + 12 for record in PCAP.records}


def test_rearranged_records_are_still_records() -> None:
    ways = {len(rearranged(PCAP, PCAPNG, random.Random(seed)).records) for seed in range(40)}
    assert len(ways) > 3
    assert max(ways) < 100


def test_a_mutant_can_be_made_again() -> None:
    specimens = [PCAP, PCAPNG]
    mutants = [mutant(specimens, 1, number) for number in range(50)]
    assert mutants == [mutant(specimens, 1, number) for number in range(50)]
    assert len(set(mutants)) > 45
    assert mutants != [mutant(specimens, 2, number) for number in range(50)]


# The harness.


class RefusedError(Exception):
    pass


def refuse(_: str) -> object:
    raise RefusedError("no capture")


def crash(_: str) -> object:
    return dict[str, object]()["nothing"]


def spin(_: str) -> object:
    while True:
        pass


def swell(_: str) -> object:
    return bytearray(200 << 20).count(1)


loaded: list[bytearray] = []


def load_once(_: str) -> object:
    if not loaded:
        loaded.append(bytearray(b"x") * (200 << 20))
    return None


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (len, "ok"),
        (refuse, "refused"),
        (crash, "KeyError in test_mutations.py:crash"),
        (spin, "slow in test_mutations.py:spin"),
        (swell, "memory"),
        (load_once, "ok"),
    ],
)
def test_each_outcome_has_its_name(target: fuzz.Target, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "CASE_CPU_S", 0.05 if target is spin else 5.0)
    loaded.clear()
    assert fuzz.judge(target, "path", 100, (RefusedError,))[0] == kind
    loaded.clear()


def test_where_two_documents_differ_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "trace_and_diagnose", lambda _path, *, compiled: ({"a": [1, {"b": 3 if compiled else 2}]}, 0))
    with pytest.raises(fuzz.LivesDifferError, match=re.escape("[0].a[1].b: 2 interpreted, 3 compiled")):
        fuzz.in_both_lives("path")


def die_at_three(path: str) -> object:
    """Ends the interpreter at the one mutant that is a marker, as a crash in compiled code would."""
    if pathlib.Path(path).read_bytes() == mutant([PCAP], 1, 3)[1]:
        os.abort()
    return None


def stand_still_at_two(path: str) -> object:
    if pathlib.Path(path).read_bytes() == mutant([PCAP], 1, 2)[1]:
        time.sleep(60)
    return None


@pytest.mark.parametrize(("target", "number"), [(die_at_three, 3), (stand_still_at_two, 2)])
def test_a_worker_that_dies_or_stands_still_is_replaced(
    target: fuzz.Target, number: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "STANDSTILL_S", 1.0)
    campaign = fuzz.Campaign([PCAP], cases=12, jobs=2, seed=1, target=target)
    campaign.run()
    assert [failure.number for failure in campaign.failures] == [number]
    campaign.keep(tmp_path)
    assert (tmp_path / f"seed1-case{number}.bin").read_bytes() == mutant([PCAP], 1, number)[1]


def test_workers_that_cannot_even_begin_are_not_replaced_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "MOST_DEATHS", 3)
    campaign = fuzz.Campaign([PCAP], cases=1_000, jobs=2, seed=1, target=lambda _path: os._exit(1))
    with pytest.raises(RuntimeError, match="4 workers have died"):
        campaign.run()


# The product.


def test_estab_survives_a_short_campaign() -> None:
    specimens = fuzz.gather([ROOT / "examples", ROOT / "tests" / "data" / "captures"])
    assert len(specimens) >= 6
    campaign = fuzz.Campaign([*specimens, PCAPNG], cases=300, jobs=2, seed=20)
    campaign.run()
    assert [f"case {failure.number} ({failure.name}): {failure.kind}\n{failure.detail}" for failure in campaign.failures] == []
    assert campaign.counts["ok"] > 100


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_former_failures_stay_mended(path: pathlib.Path) -> None:
    assert fuzz.judge(fuzz.trace_and_diagnose, str(path), path.stat().st_size, fuzz.refusals())[0] in ("ok", "refused")
