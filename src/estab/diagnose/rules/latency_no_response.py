"""A request was taken by the server's kernel, and its program never answered.

What it sees
    The client's data was acknowledged, no data came back, and after a wait the client gave up and closed; or the capture ends while one
    connection waits many times longer than others of the same listener.

Why it matters
    The service hangs although the port is open and the host answers: a lock, an exhausted pool of workers, a dead back end.

Evidence required
    The acknowledgement of the request, the silence after it, and a sign that an answer was due: the server's program did not
    react to the client's FIN either, or other connections of the listener got their answers.

What else looks like this
    A vanished host does not acknowledge (`half_open.peer_vanished`).  Protocols in which a client only delivers (logs, metrics) have no
    answers: there the server closes as soon as the client does.  Slow but existing answers are `latency.slow_server_application`.

What to do
    Look at the program while it hangs: stacks of its threads, its queue, what it waits for.

References
    RFC 9293 §3.8.6.3, §3.10.7.4
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import latency
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Mask, Rows
from estab.diagnose.finding import AbsenceEvidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS, format_duration
from estab.text import Text, format_count, msg
from estab.track.records import FIN_SENT, RST_SENT

RULE = Rule(
    code="latency.no_response",
    title=msg("Requests are taken but never answered"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS}),
    references=("RFC 9293 §3.8.6.3",),
    yields_to=("half_open.peer_vanished", "middlebox.idle_timeout", "flow.zero_window", "handshake.accept_queue_overflow", "rst.injected"),
)

GAVE_UP_NS = SECOND_NS
STILL_WAITING_NS = 5 * SECOND_NS
SLOWER_THAN_USUAL = 10
ANSWERS_KNOWN = 3


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    waited_ns = _waited_ns(facts)
    for place in places(facts, _unanswered(facts, waited_ns) & facts.unclaimed(RULE.yields_to), SERVER):
        yield from _judge(facts, place, waited_ns)


def _waited_ns(facts: Facts) -> Column:
    """From the client's latest data to its FIN or RST, or to the end of the capture."""
    client = facts.connections.client
    gone_ns = np.where(client.fin_ns > 0, client.fin_ns, facts.last_ns)
    gone_ns = np.where((client.rst_ns > 0) & (client.rst_ns < gone_ns), client.rst_ns, gone_ns)
    return np.asarray(gone_ns - client.last_data_ns)


def _unanswered(facts: Facts, waited_ns: Column) -> Mask:
    """All that the client sent was acknowledged, and no data, FIN or RST of the server followed the latest of it."""
    client, server = facts.connections.client, facts.connections.server
    asked = (client.last_data_ns > 0) & (client.acked >= client.snd_max - facts.side_marked(CLIENT, FIN_SENT))
    silent = (server.last_data_ns < client.last_data_ns) & ~facts.side_marked(SERVER, FIN_SENT | RST_SENT)
    return np.asarray(asked & silent & (waited_ns >= GAVE_UP_NS) & facts.established & facts.connections.roles_known & ~facts.one_way)


def _judge(facts: Facts, place: Place, waited_ns: Column) -> Iterator[Finding]:
    """Keeps the connections on which an answer was due."""
    client, server = facts.connections.client, facts.connections.server
    rows, usual_ns = place.rows, _usual_ns(facts, place)
    gave_up = (client.fin_ns[rows] > 0) | (client.rst_ns[rows] > 0)
    never = server.data_packets[rows] == 0
    answers_due = usual_ns > 0
    longer = waited_ns[rows] >= np.maximum(STILL_WAITING_NS, SLOWER_THAN_USUAL * usual_ns)
    due = (gave_up & (client.fin_ns[rows] > 0)) | (gave_up & never & answers_due) | (~gave_up & never & answers_due & longer)
    if due.any():
        chosen = rows[due]
        yield _describe(facts, place, chosen[np.argsort(-waited_ns[chosen], kind="stable")], waited_ns, usual_ns)


def _usual_ns(facts: Facts, place: Place) -> int:
    """The mean time to an answer in the listener's other connections; 0 where too few are known."""
    server = facts.connections.server
    others = np.setdiff1d(place.kin, place.rows)
    turns = int(server.turns[others].sum())
    return int(server.think_sum_ns[others].sum()) // turns if turns >= ANSWERS_KNOWN else 0


def _describe(facts: Facts, place: Place, rows: Rows, waited_ns: Column, usual_ns: int) -> Finding:
    client = facts.connections.client
    row = int(rows[0])
    gave_up = int(np.count_nonzero((client.fin_ns[rows] > 0) | (client.rst_ns[rows] > 0)))
    values: dict[str, object] = {"count": format_count(len(rows)), "name": place.name, "longest": format_duration(int(waited_ns[row]))}
    values |= {"gave_up": format_count(gave_up), "usual": format_duration(usual_ns)}
    frames = facts.frames(row, (SERVER, "last_frame"), (CLIENT, "fin_frame"), (CLIENT, "rst_frame"))
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        confidence=0.85 if len(rows) > 1 or usual_ns else 0.7,
        title=msg("No answer from the program at {name}", name=place.name),
        summary=msg(
            "{count} requests to {name} were taken and not answered, for {longest} at the longest; {gave_up} clients gave up.", **values
        ),
        hit=hit_of(facts, rows, place.kin),
        cause=msg("The server's kernel acknowledged the request; its program did not answer: it hangs, waits, or has no free worker."),
        evidence=[
            PacketsEvidence(msg("the request was acknowledged"), row, frames),
            AbsenceEvidence(
                _absence(values, known=usual_ns > 0), row, int(client.last_data_ns[row]), int(client.last_data_ns[row] + waited_ns[row])
            ),
        ],
        ruled_out=[
            RuledOut("half_open.peer_vanished", msg("the host acknowledges what it receives")),
            RuledOut("flow.zero_window", msg("the server's window was open")),
        ],
        remedy=latency.NO_RESPONSE.remedy,
        do_not=latency.NO_RESPONSE.do_not,
    )


def _absence(values: dict[str, object], *, known: bool) -> Text:
    if known:
        return msg("no data from the server for {longest}; other answers took {usual}", **values)
    return msg("no data from the server for {longest}", **values)
