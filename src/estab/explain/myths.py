"""Often said, and wrong: what many articles repeat about TCP, with what is right and the proof.

What concerns a knob is told by the knob's own declaration; here it gets its proof and the pages it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

from estab.knobs.catalog import KNOBS
from estab.machine.states import State
from estab.text import Text, msg


@dataclass(frozen=True, slots=True)
class Correction:
    """One wrong saying; `proof` is a clause or a measurement, the rest names the pages that show it."""

    said: Text
    right: Text
    proof: Text
    states: tuple[State, ...] = ()
    knobs: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def _of_knob(name: str, proof: Text, *, number: int = 0, states: tuple[State, ...] = (), codes: tuple[str, ...] = ()) -> Correction:
    """The saying that stands `number`th in the knob's own declaration."""
    myth = KNOBS[name].myths[number]
    return Correction(myth.said, myth.right, proof, states, (name,), codes)


CORRECTIONS: tuple[Correction, ...] = (
    Correction(
        msg("Many CLOSE-WAIT: the ACK was not sent"),
        msg("The ACK was sent; the application has not called close()"),
        msg("RFC 9293 §3.10.7.4: the FIN is acknowledged on the way into CLOSE-WAIT; §3.10.4: only CLOSE leads out"),
        states=(State.CLOSE_WAIT,),
        codes=("close.close_wait_leak",),
    ),
    _of_knob(
        "tcp_fin_timeout",
        msg("Measured: TIME-WAIT lasted 61.5 s with tcp_fin_timeout=5"),
        states=(State.TIME_WAIT, State.FIN_WAIT_2),
        codes=("timewait.pileup", "close.fin_wait2_stuck"),
    ),
    _of_knob(
        "tcp_tw_recycle",
        msg("Linux commit 4396e46187ca (4.12)"),
        states=(State.TIME_WAIT,),
        codes=("timewait.pileup", "audit.sysctl"),
    ),
    _of_knob(
        "tcp_tw_reuse",
        msg("Measured: TWRecycled +10 on the client with 1; with 2 only over loopback"),
        states=(State.TIME_WAIT,),
        codes=("audit.tw_reuse", "timewait.pileup", "ports.exhausted"),
    ),
    _of_knob(
        "tcp_max_tw_buckets",
        msg("Measured: limit 3, eight closes, TCPTimeWaitOverflow +5 and OutRsts +5"),
        states=(State.TIME_WAIT,),
        codes=("timewait.bucket_overflow", "timewait.pileup"),
    ),
    _of_knob(
        "SO_REUSEADDR",
        msg("Measured: bind() succeeds only with the option on the old and the new listener; the TIME-WAITs stay"),
        states=(State.TIME_WAIT, State.LISTEN),
        codes=("listen.address_in_use",),
    ),
    _of_knob(
        "SO_LINGER",
        msg("RFC 9293 §3.10.5: ABORT flushes the queues and sends RST"),
        states=(State.TIME_WAIT,),
        codes=("rst.abort", "timewait.pileup"),
    ),
    _of_knob(
        "ip_local_port_range",
        msg(
            "RFC 9293 §3.4.1: a connection is defined by a pair of sockets. Measured: 10 ports gave 10 connections to port "
            "80 and 10 more to port 81"
        ),
        codes=("ports.exhausted",),
    ),
    Correction(
        msg("RST asks for missing data to be sent again"),
        msg("Gaps are repaired by acknowledgements and retransmission; RST ends the connection"),
        msg("RFC 9293 §3.5.3"),
        states=(State.ESTABLISHED,),
        codes=("rst.abort", "loss.retransmission"),
    ),
    Correction(
        msg("The third segment of the handshake carries no data"),
        msg("It may carry data"),
        msg("RFC 9293 §3.10.7.3: the ACK of SYN-SENT may include queued data"),
        states=(State.SYN_SENT, State.SYN_RECEIVED),
        codes=("loss.handshake_ack",),
    ),
    _of_knob(
        "tcp_syn_retries",
        msg("Measured on Linux 6.18: SYNs at 0, 1, 2, 3, 4, 5.1, 7.1, 11.2, 19.4, 35.5 s and so on"),
        states=(State.SYN_SENT,),
        codes=("handshake.filtered", "handshake.syn_retransmitted"),
    ),
    _of_knob(
        "tcp_abort_on_overflow",
        msg(
            "Measured: ListenOverflows grew and no RST left; what shows on the wire: a repeated SYN, a repeated SYN-ACK, "
            "data without an answer, or RST with tcp_abort_on_overflow=1"
        ),
        states=(State.LISTEN, State.SYN_RECEIVED),
        codes=("handshake.accept_queue_overflow", "handshake.abort_on_overflow", "handshake.fake_established"),
    ),
    _of_knob(
        "somaxconn",
        msg("Measured: limit 7, still 7 after the change, 511 after listen() was called again"),
        states=(State.LISTEN,),
        codes=("handshake.accept_queue_overflow",),
    ),
    _of_knob(
        "SO_RCVTIMEO",
        msg("Measured: SO_RCVTIMEO and SO_SNDTIMEO gave errno 11, TCP's own timeouts 110"),
        states=(State.ESTABLISHED,),
        codes=("latency.no_response", "keepalive.unanswered"),
    ),
    _of_knob(
        "tcp_keepalive_probes",
        msg("RFC 9293 §3.8.4: the probe is answered by TCP, not by the application"),
        states=(State.ESTABLISHED,),
        codes=("keepalive.answered", "half_open.suspected"),
    ),
    _of_knob(
        "tcp_keepalive_time",
        msg("RFC 9293 §3.10.4: only CLOSE leads out of CLOSE-WAIT as long as the peer's host lives"),
        number=1,
        states=(State.CLOSE_WAIT,),
        codes=("close.close_wait_leak",),
    ),
    Correction(
        msg("TIME-WAIT is an error"),
        msg("It protects the next connection; it hurts only when ports run out"),
        msg("RFC 9293 §3.4 and §3.6; an entry takes a few hundred bytes and no descriptor"),
        states=(State.TIME_WAIT,),
        codes=("timewait.pileup",),
    ),
    Correction(
        msg("Both ends go through TIME-WAIT"),
        msg("Only the end that closes first; both in a simultaneous close"),
        msg("RFC 9293 figures 12 and 13"),
        states=(State.TIME_WAIT, State.LAST_ACK, State.CLOSING),
        codes=("timewait.pileup", "close.simultaneous"),
    ),
    Correction(
        msg("Messages that run together are a defect of TCP"),
        msg("TCP is a byte stream; the application owes the framing: a length, a delimiter, or a fixed size"),
        msg("RFC 9293 §2.2: a reliable, in-order, byte-stream service"),
        states=(State.ESTABLISHED,),
        codes=("latency.no_response", "app.small_packets"),
    ),
)


def of_state(state: State) -> tuple[Correction, ...]:
    """The corrections that the page of a state shows."""
    return tuple(correction for correction in CORRECTIONS if state in correction.states)


def of_knob(name: str) -> tuple[Correction, ...]:
    """The corrections that the page of a knob shows."""
    return tuple(correction for correction in CORRECTIONS if name in correction.knobs)


def of_code(code: str) -> tuple[Correction, ...]:
    """The corrections that the page of a code shows."""
    return tuple(correction for correction in CORRECTIONS if code in correction.codes)
