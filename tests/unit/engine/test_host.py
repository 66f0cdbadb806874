"""What the parts of a host share: the table, the queues, the counters that follow changes of state."""

from __future__ import annotations

from estab.machine.states import State
from tests.unit.engine.hosts import LINUX, Pair


def test_curr_estab_and_estab_resets_follow_the_states() -> None:
    pair = Pair()
    host = pair.client.host
    key = ("10.0.0.1", 1, "10.0.0.2", 80)

    def after(old: State, new: State) -> tuple[int, int]:
        host.note(key, old, new, "clause")
        return host.counters["Tcp.CurrEstab"], host.counters["Tcp.EstabResets"]

    assert after(State.SYN_SENT, State.ESTABLISHED) == (1, 0)
    assert after(State.ESTABLISHED, State.CLOSE_WAIT) == (1, 0)
    assert after(State.CLOSE_WAIT, State.LAST_ACK) == (0, 0)
    assert after(State.LAST_ACK, State.CLOSED) == (0, 0)
    assert after(State.SYN_RECEIVED, State.CLOSE_WAIT) == (1, 0)
    assert after(State.CLOSE_WAIT, State.CLOSED) == (0, 1)


def test_knobs_can_be_changed_while_the_host_runs() -> None:
    pair = Pair()
    pair.client.knobs = LINUX.but(ip_local_port_range=(50_000, 50_001), ip_local_reserved_ports="50000")
    assert pair.begin().local is not None
    assert [one.local.port for one in pair.client.sockets(pair.now_ns)] == [50_001]


def test_nobody_watching_keeps_no_events() -> None:
    pair = Pair()
    pair.client.host.events = None
    pair.both()
    assert pair.client.poll_event() is None
    steps = []
    while (event := pair.server.poll_event()) is not None:
        steps.append((event.old, event.new))
    assert steps == [
        (State.CLOSED, State.LISTEN),
        (State.LISTEN, State.SYN_RECEIVED),
        (State.SYN_RECEIVED, State.ESTABLISHED),
    ]
