"""One connection whole: who, how it went, its packets as tcpdump writes them with both ends' states beside them, and a ladder."""

from __future__ import annotations

from collections.abc import Iterator

from estab.instant import format_duration, format_instant
from estab.machine.states import spell
from estab.report import ladder, words
from estab.report.model import Analysis, codes_of_connections
from estab.report.packet_line import Numbers, PacketLine, packet_lines
from estab.report.packets import PacketKeeper
from estab.report.painter import Style
from estab.report.view import Layout, source_lines
from estab.text import Text, Translator, format_count, msg
from estab.track.connections import CLIENT, SERVER
from estab.typeset import hang, pad, width_of, wrap

INDENT = 2
STATES_SPELLED = 4
FINDING, STATES_CLIENT, STATES_SERVER, OPENED, ENDED, TRAFFIC, RESENT, BEGAN = LABELS = (
    msg("findings"),
    msg("client states"),
    msg("server states"),
    msg("handshake"),
    msg("end"),
    msg("sent"),
    msg("resent"),
    msg("began"),
)

LEGEND = msg("Seconds from the first packet, packet number, > client to server, < server to client; seq and ack count from 0.")


def connection_text(analysis: Analysis, row: int, keeper: PacketKeeper, layout: Layout, *, with_ladder: bool = False) -> str:
    """The report of one connection; ends with a newline."""
    lines = [*source_lines(analysis, layout), "", *_summary(analysis, row, layout), ""]
    numbers = Numbers.of(analysis.connections, row, keeper.packets)
    told = packet_lines(analysis.connections, row, keeper.packets, numbers, layout.translator)
    lines += ladder.ladder_lines(analysis, row, told, layout) if with_ladder else list(_packet_table(told, layout))
    if keeper.left_out:
        lines += [layout.translator(msg("… and {count} more packets", count=format_count(keeper.left_out)))]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _summary(analysis: Analysis, row: int, layout: Layout) -> Iterator[str]:
    tr, connections = layout.translator, analysis.connections
    client, server = analysis.facts.endpoints(row)
    title = tr(msg("connection {number}: {client} → {server}", number=row, client=client, server=server))
    yield from (layout.painter(line, Style.STRONG) for line in wrap(title, layout.width))
    if not connections.roles_known[row]:
        yield from wrap(tr(msg("its beginning is not in the capture; which end is the client is a guess")), layout.width)
    room = max(width_of(tr(label)) for label in LABELS) + 2
    for label, text in _facts_of(analysis, row, layout):
        yield from hang(tr(label), text, indent=INDENT, label_width=room, width=layout.width)


def _facts_of(analysis: Analysis, row: int, layout: Layout) -> Iterator[tuple[Text, str]]:
    tr, connections = layout.translator, analysis.connections
    if analysis.facts.has_times:
        lasted = format_duration(int(analysis.facts.duration_ns[row]))
        began = format_instant(int(connections.first_ns[row]))
        yield BEGAN, tr(msg("{time}, lasted {lasted}", time=began, lasted=lasted))
    handshake = tr(words.HANDSHAKE_WORDS[connections.handshake(row)])
    rtt_ns = int(analysis.facts.handshake_rtt_ns[row])
    yield OPENED, tr(msg("{handshake}, round trip {rtt}", handshake=handshake, rtt=format_duration(rtt_ns))) if rtt_ns else handshake
    yield ENDED, tr(msg("{end} (Zeek: {state})", end=words.END_WORDS[connections.end(row)], state=connections.conn_state(row)))
    yield STATES_CLIENT, " → ".join(connections.states(row, CLIENT))
    yield STATES_SERVER, " → ".join(connections.states(row, SERVER))
    me, peer = connections.client, connections.server
    yield TRAFFIC, tr(msg("client {client}, server {server}", client=_sent(me, row), server=_sent(peer, row)))
    if me.retransmits[row] or peer.retransmits[row]:
        again = (words.packets(int(side.retransmits[row])) for side in (me, peer))
        yield RESENT, tr(msg("client {client}, server {server}", client=next(again), server=next(again)))
    codes = codes_of_connections(analysis).get(row, [])
    if codes:
        yield FINDING, " ".join(codes)


def _sent(side: object, row: int) -> Text:
    packets = int(getattr(side, "packets")[row])  # noqa: B009 - columns are made when they are asked for
    return msg("{packets} with {bytes}", packets=words.packets(packets), bytes=words.bytes_of(int(getattr(side, "payload_bytes")[row])))  # noqa: B009


def _packet_table(told: list[PacketLine], layout: Layout) -> Iterator[str]:
    """The packets; a state is shown where it changes."""
    tr, paint = layout.translator, layout.painter
    if not told:
        return
    number_width = max(len(str(line.frame)) for line in told)
    time_width = max(len(line.time) for line in told)
    before = [-1, -1]
    yield from (paint(line, Style.FAINT) for line in wrap(tr(LEGEND), layout.width))
    for line in told:
        arrow = ">" if line.side == CLIENT else "<"
        lead = f"{line.time:>{time_width}}  {line.frame:>{number_width}}  {arrow} "
        text = line.text + (f" · {', '.join(map(tr, line.verdicts))}" if line.verdicts else "")
        first, *others = wrap(text, layout.width - len(lead))
        yield paint(lead, Style.FAINT) + first
        yield from (" " * len(lead) + other for other in others)
        changed = [_state_word(line.states[side], before[side], tr) for side in (CLIENT, SERVER)]
        if any(changed):
            states = " · ".join(
                tr(msg("client {states}", states=word) if side == CLIENT else msg("server {states}", states=word))
                for side, word in enumerate(changed)
                if word
            )
            yield from (pad("", len(lead)) + paint(part, Style.CODE) for part in wrap(states, layout.width - len(lead)))
        before = [now or was for now, was in zip(line.states, before, strict=True)]


def _state_word(now: int, before: int, tr: Translator) -> str:
    """The set of states where it changed; one that says next to nothing by its size."""
    if not now or now == before:
        return ""
    count = now.bit_count()
    return spell(now) if count <= STATES_SPELLED else tr(msg("in one of {count} states", count=count))
