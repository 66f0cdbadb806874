"""Every JSON document is as its schema in docs/schemas says, and no schema has a member that never comes."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import json
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from estab import api
from estab.cli.main import run
from estab.diagnose.changes import ChangeKind, FindingLog
from estab.diagnose.finding import CounterEvidence, KnobEvidence, ProcessEvidence, Remedy, RemedyScope, Subject, SubjectKind
from estab.diagnose.host_facts import HostFacts
from estab.drill.render import runs_to_dict
from estab.errors import InputError
from estab.flow import Endpoint
from estab.history.document import history_to_dict
from estab.report.host_json import host_to_dict
from estab.report.model import HostAnalysis
from estab.report.tune_json import tune_to_dict, undone_to_dict
from estab.report.watch_json import begin_to_dict, change_to_dict, end_to_dict, missing_to_dict
from estab.snapshot_table import Heard, socket_table
from estab.text import Translator, msg
from tests.unit.diagnose import ended
from tests.unit.drill.test_render import ALL as SCRIPTS
from tests.unit.history.test_store import FULL as INTERVAL
from tests.unit.live.made import view
from tests.unit.report.host_analyses import captured, leak_analysis
from tests.unit.report.test_sockets_json import document as sockets_document
from tests.unit.report.test_tune_json import STEP
from tests.unit.report.test_tune_text import tuned
from tests.unit.report.test_watch_text import ANALYSIS, LEAK, change

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMAS = ROOT / "docs" / "schemas"
CAPTURES = sorted((ROOT / "tests" / "data" / "captures").glob("*.pcap*"))
ENGLISH = Translator("en")
SCENARIOS = ("lost_syn", "refused", "zero_window", "peer_rebooted", "rejected_icmp")
Document = dict[str, Any]


def said(*words: str) -> Document:
    """What a command prints with --json."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        run([*words, "--json"])
    document: Document = json.loads(printed.getvalue())
    return document


def of_captures(take: Callable[[str], Document]) -> Iterator[Document]:
    for path in CAPTURES:
        with contextlib.suppress(InputError):
            yield take(str(path))


def with_everything() -> HostAnalysis:
    """A host with a finding that has every kind of evidence, and a remedy of every member."""
    analysis = leak_analysis(pid=77, packets=captured())
    text = msg("told")
    finding = dataclasses.replace(
        LEAK,
        evidence=(
            *LEAK.evidence,
            CounterEvidence(text, "TcpExt.TCPTimeouts", 1, 2),
            ProcessEvidence(text, 77, "worker", {"descriptors": 1024}),
            KnobEvidence(text, "tcp_sack", 0),
        ),
        subject=Subject(SubjectKind.PROCESS, name="worker"),
        remedy=(Remedy(RemedyScope.KERNEL, text, set={"a": 1}, undo={"a": "0"}, valid=text, caution=text, expect="it ends"),),
    )
    facts = HostFacts(analysis.facts.before, analysis.facts.after, heard=heard())
    return dataclasses.replace(analysis, facts=facts, diagnosis=dataclasses.replace(analysis.diagnosis, findings=(finding,)))


def heard() -> Heard:
    """Connections that ended in every way, at a listener and elsewhere."""
    ways = (ended.REFUSED, ended.UNANSWERED, ended.CLOSED_FIRST, ended.RESET, ended.BLOCKING)
    sockets = [ended.ABORTED, *(ended.socket(way, 40_000 + number, 8080) for number, way in enumerate(ways))]
    openers = {Endpoint(ended.THERE, 8080): {ended.CALLER: 5}}
    return Heard(ended=socket_table(sockets), openers=openers, unseen=msg("not permitted"))


def deaf() -> HostAnalysis:
    """A host whose kernel does not tell of ends."""
    analysis = leak_analysis()
    nothing = Heard(ended=socket_table([]), deaf=msg("not permitted"))
    return dataclasses.replace(analysis, facts=HostFacts(analysis.facts.before, analysis.facts.after, heard=nothing))


def watched() -> Iterator[Document]:
    yield begin_to_dict(ANALYSIS, ENGLISH)
    yield begin_to_dict(with_everything(), ENGLISH)
    yield begin_to_dict(deaf(), ENGLISH)
    missing = missing_to_dict(leak_analysis(packets=captured(lost=3)))
    assert missing is not None
    yield missing
    for kind in ChangeKind:
        yield change_to_dict(ANALYSIS, change(kind, was=LEAK), ENGLISH)
    yield end_to_dict(FindingLog(), 7, 35, 99)


@functools.cache
def documents(schema: str) -> tuple[Document, ...]:
    """Documents of a schema, made by what makes them for users."""
    match schema:
        case "estab.trace/1":
            made = of_captures(lambda path: api.trace(path).to_dict())
        case "estab.diagnosis/1":
            made = iter(
                [*of_captures(lambda path: api.diagnose(path).to_dict()), *map(host_to_dict, (with_everything(), deaf(), leak_analysis()))]
            )
        case "estab.watch/1":
            made = watched()
        case "estab.sockets/1":
            remembered = view()
            remembered.table["has_memory"] = 1
            made = iter([sockets_document(made=remembered), said("sockets", "--by", "state")])
        case "estab.tune/1":
            whole = tune_to_dict(tuned("web-edge", unseen={"knobs.x": msg("not permitted")}), ENGLISH, [STEP])
            made = iter([whole, undone_to_dict([STEP], 2)])
        case "estab.drill/1":
            made = iter([runs_to_dict(SCRIPTS, ENGLISH)])
        case "estab.history/1":
            made = iter([history_to_dict([INTERVAL])])
        case "estab.lab/1":
            made = (api.lab_run(name, hosts=name == "refused").to_dict() for name in SCENARIOS)
        case "estab.lab_list/1":
            made = iter([said("lab", "list")])
        case "estab.topics/1":
            made = iter([said("explain", "--list")])
        case "estab.explain/1":
            made = (said("explain", topic) for topic in ("CLOSE-WAIT", "handshake.refused", "tcp_fin_timeout", "TIME-WAIT"))
        case _:
            raise AssertionError(schema)
    return tuple(json.loads(json.dumps(document)) for document in made)


def schema_of(name: str) -> Document:
    content: Document = json.loads((SCHEMAS / f"{name.replace('/', '-')}.json").read_text())
    return content


def members(schema: Document, where: str) -> Iterator[str]:
    """The members that a schema knows, each by its place there."""
    for name, within in schema.get("properties", {}).items():
        yield f"{where}.{name}"
        yield from members(within, f"{where}.{name}")
    for number, branch in enumerate(schema.get("oneOf", ())):
        yield from members(branch, f"{where}|{number}")
    for name, within in schema.get("$defs", {}).items():
        yield from members(within, f"#/$defs/{name}")
    if isinstance(schema.get("items"), dict):
        yield from members(schema["items"], f"{where}[]")


def present(document: Any, schema: Document, where: str, root: Document) -> Iterator[str]:
    """The members of the schema that a document has."""
    if "$ref" in schema:
        where = schema["$ref"]
        schema = root["$defs"][where.rpartition("/")[2]]
    for number, branch in enumerate(schema.get("oneOf", ())):
        if jsonschema.Draft202012Validator({**branch, "$defs": root.get("$defs", {})}).is_valid(document):
            yield from present(document, branch, f"{where}|{number}", root)
    if isinstance(document, list) and isinstance(schema.get("items"), dict):
        for item in document:
            yield from present(item, schema["items"], f"{where}[]", root)
    if isinstance(document, dict):
        for name, within in schema.get("properties", {}).items():
            if name in document:
                yield f"{where}.{name}"
                yield from present(document[name], within, f"{where}.{name}", root)


def names() -> list[str]:
    """The schemas that the code writes."""
    source = (path.read_text() for path in sorted((ROOT / "src" / "estab").rglob("*.py")))
    return sorted(set(re.findall(r'"(estab\.[a-z_]+/\d+)"', "".join(source))))


def test_every_schema_is_described_and_no_other() -> None:
    assert names() == sorted(path.stem.replace("-", "/") for path in SCHEMAS.glob("*.json")) != []


@pytest.mark.parametrize("name", names())
def test_documents_are_as_their_schema_says(name: str) -> None:
    validator = jsonschema.Draft202012Validator(schema_of(name))
    validator.check_schema(validator.schema)
    assert documents(name)
    for document in documents(name):
        problem = jsonschema.exceptions.best_match(validator.iter_errors(document))
        assert problem is None, f"{problem.json_path}: {problem.message}"


def test_every_member_of_a_schema_comes() -> None:
    """Definitions are shared: a member that comes in the document of one schema need not come in those of the others."""
    known, came = set(), set()
    for name in names():
        root = schema_of(name)
        known |= {place.replace("#.", f"{name}.", 1) for place in members(root, "#")}
        for document in documents(name):
            came |= {place.replace("#.", f"{name}.", 1) for place in present(document, root, "#", root)}
    assert sorted(known - came) == []
