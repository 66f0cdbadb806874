from __future__ import annotations

from estab.diagnose.evidence import silence
from estab.diagnose.facts import CLIENT, SERVER
from estab.instant import MILLISECOND_NS, SECOND_NS
from tests.rules.conversation import Capture, Conversation


def insist(talk: Conversation) -> Conversation:
    for pause in ("210ms", "400ms", "800ms", "1.6s"):
        talk.wait(pause).client(again=True)
    return talk


def idle_then_silent(capture: Capture) -> Conversation:
    return insist(capture.talk().open().client("PA", data=9).server("PA", data=9).client("A").wait("5s").client("PA", data=70))


def test_repeats_without_an_answer() -> None:
    capture = Capture()
    idle_then_silent(capture)
    facts = capture.facts()
    assert silence.repeats_unheard(facts, CLIENT).tolist() == [True] and silence.repeats_unheard(facts, SERVER).tolist() == [False]
    assert silence.repeating_ns(facts, CLIENT)[0] // SECOND_NS == 3
    assert silence.idle_before_ns(facts, CLIENT)[0] // SECOND_NS == 5
    assert silence.silent_since_ns(facts, CLIENT)[0] == facts.connections.client.flight_ns[0]


def test_what_the_peer_acknowledged_before_it_went_silent_begins_the_silence() -> None:
    capture = Capture()
    talk = capture.talk().open().client("PA", data=900).client("PA", data=900).server("A", ack=1_901)
    insist(talk)
    facts = capture.facts()
    assert silence.silent_since_ns(facts, CLIENT)[0] == facts.connections.server.last_ns[0]
    assert silence.idle_before_ns(facts, CLIENT)[0] == 0 and silence.repeats_unheard(facts, CLIENT)[0]


def test_a_closed_window_is_no_silence() -> None:
    capture = Capture()
    insist(capture.talk().open().client("PA", data=9).server("A", window=0).client("PA", data=1))
    assert not silence.repeats_unheard(capture.facts(), CLIENT).any()


def test_acknowledgements_of_unseen_packets_tell_of_a_capture_with_gaps() -> None:
    capture = Capture()
    talk = capture.talk().open().client("PA", data=9).server("A").server("PA", data=500, unseen=True)
    insist(talk.client("PA", data=70))
    assert not silence.repeats_unheard(capture.facts(), CLIENT).any()


def test_a_host_lives_where_it_speaks_in_another_connection_a_second_later() -> None:
    capture = Capture()
    idle_then_silent(capture)
    other = capture.talk(server="10.0.0.2:81")
    alive = capture.facts()
    assert not silence.alive_meanwhile(alive, CLIENT, silence.silent_since_ns(alive, CLIENT))[0]
    other.open()
    facts = capture.facts()
    assert silence.alive_meanwhile(facts, CLIENT, silence.silent_since_ns(facts, CLIENT))[0]


def test_probes_without_an_answer() -> None:
    capture = Capture()
    talk = capture.talk().open().client("PA", data=9).server("A")
    for _ in range(3):
        talk.wait("10s").client("A", shift=-1)
    facts = capture.facts()
    assert silence.probes_unheard(facts, CLIENT).tolist() == [True]
    assert silence.silent_since_ns(facts, CLIENT)[0] <= facts.connections.client.keepalive_last_ns[0] - 20_000 * MILLISECOND_NS
