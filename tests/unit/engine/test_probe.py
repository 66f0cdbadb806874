from __future__ import annotations

from estab.engine.options import Settings
from estab.engine.probe import running_timer
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.snapshot import TcpOption, TimerKind
from tests.unit.engine.configs import CLIENT, SERVER, config
from tests.unit.engine.named import in_state
from tests.unit.engine.pair import Pair


def test_what_both_ends_say_of_themselves() -> None:
    pair = Pair().open()
    pair.transfer("client", bytes(50_000))
    pair.run()
    client, server = pair.client.info(pair.now_ns), pair.server.info(pair.now_ns)
    assert client.state is State.ESTABLISHED and client.options == TcpOption.TIMESTAMPS | TcpOption.SACK | TcpOption.WINDOW_SCALE
    assert (client.bytes_acked, server.bytes_received) == (50_000, 50_000)
    assert (client.snd_wscale, client.rcv_wscale, client.snd_mss_bytes, server.rcv_mss_bytes) == (7, 7, 1448, 1448)
    assert client.segs_out == server.segs_in == len(pair.sent_by("client"))
    assert server.data_segs_in == client.data_segs_out
    assert server.last_data_recv_ms >= 1000 and client.rtt_us >= 20_000
    assert (client.delivered, server.delivered) == (client.data_segs_out + 1, 1)  # the SYN is one


def test_an_opening_has_one_segment_under_way() -> None:
    named = in_state(State.SYN_SENT)
    named.later(2 * SECOND_NS)
    info = named.connection.info(named.now_ns)
    assert (info.state, info.unacked_segments, info.retransmits) == (State.SYN_SENT, 1, 2)


def test_running_timers() -> None:
    opening = in_state(State.SYN_SENT)
    assert running_timer(opening.connection, opening.now_ns) == (TimerKind.RETRANSMIT, 1000, 0)
    idle = in_state(State.ESTABLISHED)
    assert running_timer(idle.connection, idle.now_ns) == (TimerKind.NONE, 0, 0)
    kept = in_state(State.ESTABLISHED, made=config(CLIENT, SERVER, settings=Settings(keepalive=True, keep_idle_s=50)))
    assert running_timer(kept.connection, kept.now_ns) == (TimerKind.KEEPALIVE, 50_000, 0)
    idle.connection.write(b"x", idle.now_ns)
    idle.flush()
    assert running_timer(idle.connection, idle.now_ns)[0] is TimerKind.RETRANSMIT
    waiting = in_state(State.TIME_WAIT)
    assert running_timer(waiting.connection, waiting.now_ns + 500 * MILLISECOND_NS) == (TimerKind.TIME_WAIT, 59_500, 0)
