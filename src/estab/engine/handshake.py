"""Opening a connection: the effects that make, fill and empty a TCB (RFC 9293 §3.5, §3.10.1, §3.10.7.2 to .4)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from estab.engine import keepalive, user_timeout
from estab.engine.acknowledging import AckPolicy
from estab.engine.echo import echoed_ns
from estab.engine.events import OPENED, FastOpenAnswered
from estab.engine.half_open import HalfOpen, answer_syn, offset_of
from estab.engine.numbers import shared_size
from estab.engine.opening import Opening, syn_data_room, wait_ns
from estab.engine.options import TIMESTAMPS_BYTES, Negotiated, agree
from estab.engine.receiver import Receiver
from estab.engine.sending.sender import Sender
from estab.engine.tcb import Tcb
from estab.engine.timers import Timer
from estab.engine.window import initial_window
from estab.instant import MILLISECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, CWR, ECE, FIN, SYN, Segment

if TYPE_CHECKING:
    from estab.engine.occasion import Occasion

WHOLE_BUFFER_BYTES = 1 << 30


def create_tcb(tcb: Tcb, occasion: Occasion) -> None:
    """CREATE_TCB: begin anew; what the life before left behind is forgotten, except what its owner has not fetched yet."""
    state, settings, events, outbox, early = tcb.state, tcb.settings, tcb.events, tcb.outbox, tcb.early
    Tcb.__init__(tcb, tcb.config, occasion.now_ns)
    tcb.state, tcb.settings, tcb.events, tcb.outbox, tcb.early = state, settings, events, outbox, early


def become_active(tcb: Tcb, _occasion: Occasion) -> None:
    """BECOME_ACTIVE: from LISTEN to an active opening; a RST will mean "refused" and not "listen on"."""
    tcb.passive_origin = False


def select_iss(tcb: Tcb, occasion: Occasion) -> None:
    """SELECT_ISS, and all that a SYN or SYN-ACK of this end says; a half-open entry has chosen already."""
    config, now_ns = tcb.config, occasion.now_ns
    tcb.ts_offset = offset_of(config)
    if tcb.opening is None:
        tcb.iss = config.secrets.initial_sequence(config.local, config.remote, now_ns) if config.iss is None else config.iss
        mss = config.advertised_mss_bytes
        rcv_wnd, rcv_wscale = initial_window(config.knobs, tcb.settings, mss, scaling=True)
        wants_ecn = config.knobs.tcp_ecn == 1 if config.ecn is None else config.ecn
        tcb.opening = Opening(now_ns, rcv_wnd=rcv_wnd, rcv_wscale=rcv_wscale, ecn=wants_ecn)
        _load_syn(tcb, tcb.opening)
    restart_timer(tcb, now_ns)


def _load_syn(tcb: Tcb, opening: Opening) -> None:
    """What a Fast Open SYN carries beside: a request for a cookie, or the cookie and the first data (RFC 7413 §4.1.3)."""
    config = tcb.config
    opening.cookie = config.fast_open_cookie
    if tcb.early and (config.fast_open_cookie or config.fast_open_without_cookie):
        opening.syn_data = bytes(tcb.early[: syn_data_room(config)])


def restart_timer(tcb: Tcb, now_ns: int) -> None:
    """The SYN or SYN-ACK has just been sent; a user timeout may cut the wait short (tcp_clamp_rto_to_user_timeout)."""
    opening = tcb.opening
    assert opening is not None
    # A row may have changed the state already or be about to; a SYN is one as long as no SYN of the peer is known.
    state = State.SYN_SENT if tcb.agreed is None else State.SYN_RECEIVED
    deadline = now_ns + wait_ns(tcb.config.knobs, state, opening.retransmits)
    if tcb.settings.user_timeout_ms:
        deadline = max(min(deadline, opening.started_ns + tcb.settings.user_timeout_ms * MILLISECOND_NS), now_ns + MILLISECOND_NS)
    tcb.timers.start(Timer.OPENING, deadline)


def record_peer_syn(tcb: Tcb, occasion: Occasion) -> None:
    """RECORD_PEER_SYN: IRS, RCV.NXT, and what the options of both SYNs settle."""
    segment = occasion.segment
    assert segment is not None
    if tcb.opening is None:
        adopt(tcb, answer_syn(tcb.config, segment, occasion.now_ns), occasion.now_ns)
        tcb.passive_origin = True
    else:
        _settle(tcb, tcb.opening, segment, occasion.now_ns)
    assert tcb.opening is not None
    tcb.opening.peer_window = segment.window
    if segment.user_timeout_s is not None:
        tcb.peer_user_timeout_s = segment.user_timeout_s


def adopt(tcb: Tcb, half: HalfOpen, now_ns: int) -> None:
    """Take over what a listener has settled."""
    tcb.iss, tcb.agreed, tcb.ts_offset = half.iss, half.agreed, half.ts_offset
    tcb.ts_recent, tcb.ts_recent_ns = half.ts_recent, half.started_ns
    tcb.opening = Opening(half.started_ns, rcv_wnd=half.rcv_wnd, rcv_wscale=half.agreed.rcv_wscale, ecn=half.agreed.ecn)
    tcb.opening.sent_ns, tcb.opening.retransmits, tcb.opening.peer_window = half.sent_ns, half.retransmits, half.peer_window
    tcb.peer_user_timeout_s = half.peer_user_timeout_s
    _start_receiving(tcb, tcb.opening, half.agreed, half.irs, now_ns)
    if half.syn_data:
        assert tcb.receiver is not None
        tcb.receiver.accept(half.irs + 1, half.syn_data)
        tcb.syn_data_acked = True
        tcb.receiver.rcv_wup = tcb.receiver.rcv_nxt


def take_over(tcb: Tcb, half: HalfOpen, now_ns: int, *, fast_open: bool) -> None:
    """SYN-RECEIVED from a listener's entry; as a Fast Open child it may send at once and repeats the SYN-ACK itself."""
    tcb.state = State.SYN_RECEIVED
    tcb.passive_origin, tcb.fast_open = not fast_open, fast_open
    adopt(tcb, half, now_ns)
    if fast_open:
        start_sending(tcb, 0, now_ns)
        restart_timer(tcb, now_ns)


def _settle(tcb: Tcb, opening: Opening, segment: Segment, now_ns: int) -> None:
    """Of an active opening: the peer's SYN or SYN-ACK has come."""
    has_ack = bool(segment.flags & ACK)
    # In a SYN-ACK ECE alone means yes (RFC 3168 §6.1.1); in a SYN that crosses ours both bits ask.
    ecn = opening.ecn and segment.flags & (ECE | CWR) == (ECE if has_ack else ECE | CWR)
    tcb.agreed = agree(tcb.config, segment.syn, timestamps=segment.tsval is not None, rcv_wscale=opening.rcv_wscale, ecn=ecn)
    if segment.tsval is not None:
        tcb.ts_recent, tcb.ts_recent_ns = segment.tsval, now_ns
    _start_receiving(tcb, opening, tcb.agreed, segment.seq, now_ns)


def _start_receiving(tcb: Tcb, opening: Opening, agreed: Negotiated, irs: int, now_ns: int) -> None:
    advmss = shared_size(tcb.config.advertised_mss_bytes - (TIMESTAMPS_BYTES if agreed.timestamps else 0))
    window = opening.rcv_wnd if agreed.window_scaling else min(opening.rcv_wnd, 0xFFFF)
    tcb.receiver = Receiver(
        tcb.config.knobs,
        tcb.settings,
        irs=irs,
        rcv_wnd=window,
        rcv_wscale=agreed.rcv_wscale,
        advmss_bytes=advmss,
        now_ns=now_ns,
    )
    tcb.acks = AckPolicy(tcb.config.send_mss_bytes(agreed), window, now_ns)
    tcb.last_data_recv_ns = now_ns


def queue_rest(tcb: Tcb, occasion: Occasion) -> None:
    """QUEUE_REST: text and FIN that came with the SYN wait for ESTABLISHED (RFC 9293 §3.10.7.2, third)."""
    segment, opening = occasion.segment, tcb.opening
    assert segment is not None
    assert opening is not None
    if segment.payload or segment.flags & FIN:
        opening.rest = (segment.payload, bool(segment.flags & FIN))


def trim_syn(tcb: Tcb, occasion: Occasion) -> None:
    """TRIM_SYN: the SYN is the one already received; what follows it counts."""
    assert tcb.receiver is not None
    occasion.seq = tcb.receiver.irs + 1


def record_syn_acked(tcb: Tcb, occasion: Occasion) -> None:
    """RECORD_SYN_ACKED: our SYN has arrived; SND.WND, SND.WL1 and SND.WL2 are taken over, and sending may begin."""
    segment, opening = occasion.segment, tcb.opening
    assert segment is not None
    if opening is None:
        return
    syn_data_acked = min(max(0, occasion.ack - tcb.iss - 1), opening.syn_data_bytes)
    if opening.syn_data:
        tcb.syn_data_acked = opening.syn_data_bytes == syn_data_acked
        tcb.config.counters.add("TcpExt.TCPFastOpenActive" if tcb.syn_data_acked else "TcpExt.TCPFastOpenActiveFail")
    sender = tcb.sender
    if sender is None:
        sender = start_sending(tcb, syn_data_acked, occasion.now_ns)
    agreed = tcb.agreed
    assert agreed is not None
    window = segment.window if segment.flags & SYN else segment.window << agreed.snd_wscale
    sender.on_established(window, occasion.seq, occasion.now_ns, syn_retransmits=opening.retransmits)
    sender.delivered += 1  # the SYN counts as one segment (tcp_ack, tcp_rcv_state_process)
    # Of a SYN that was sent again only the echoed timestamp tells which one was answered (RFC 6298 §3, Karn).
    sent_ns = opening.sent_ns if not opening.retransmits else echoed_ns(tcb, segment, occasion.now_ns)
    if sent_ns is not None:
        sender.on_handshake_rtt(occasion.now_ns - sent_ns, occasion.now_ns)
    if opening.cookie is not None or opening.syn_data:
        options = segment.syn
        cookie = None if options is None else options.fast_open_cookie
        experimental = options is not None and options.fast_open_experimental
        asked = opening.cookie is not None
        mss = agreed.peer_mss_bytes
        tcb.tell(FastOpenAnswered(cookie, experimental, mss, opening.syn_data_bytes, syn_data_acked, opening.retransmits, asked))
    if tcb.early:
        _hand_over(sender, bytes(tcb.early), syn_data_acked, opening.syn_data_bytes, occasion.now_ns)
    tcb.early = None
    tcb.timers.stop(Timer.OPENING)
    tcb.opening = None


def start_sending(tcb: Tcb, acked: int, now_ns: int) -> Sender:
    """The sending half comes to life; `acked` bytes of the SYN's data have arrived with it."""
    agreed = tcb.agreed
    assert agreed is not None
    sender = tcb.sender = Sender(
        tcb.config.knobs,
        tcb.config.chance,
        iss=tcb.iss + acked if acked else tcb.iss,
        options=agreed,
        mss_bytes=shared_size(tcb.config.send_mss_bytes(agreed, tcb.settings)),
        now_ns=now_ns,
        counters=tcb.config.counters,
        profile=tcb.config.sending,
        header_bytes=tcb.config.mtu_bytes - tcb.config.mtu_mss_bytes + (TIMESTAMPS_BYTES if agreed.timestamps else 0),
        congestion=tcb.settings.congestion,
    )
    if tcb.opening is not None and tcb.receiver is not None:
        # Before the SYN is acknowledged its window holds, for data of a Fast Open child and for a FIN.
        sender.set_window(tcb.opening.peer_window, tcb.receiver.irs)
        sender.is_opening = True
    sender.is_orphan = tcb.orphan
    tell_sender(tcb, sender)
    return sender


def _hand_over(sender: Sender, early: bytes, acked: int, in_syn: int, now_ns: int) -> None:
    """What was written before: data of the SYN that has not arrived is sent again at once, the rest for the first time.

    It was taken from the user and is not refused now, whatever a send buffer counts it for.
    """
    size = sender.sndbuf_bytes
    sender.sndbuf_bytes = 2 * size + WHOLE_BUFFER_BYTES
    if acked < in_syn:
        sender.send_again(early[acked:in_syn], now_ns)
    if in_syn < len(early):
        sender.write(early[in_syn:], now_ns)
    sender.sndbuf_bytes = size


def tell_sender(tcb: Tcb, sender: Sender) -> None:
    """Hand on the settings that the sending half acts on; those that say "as the knob" leave it as it is."""
    settings = tcb.settings
    said = [
        name
        for name in ("nodelay", "cork", "sndbuf_bytes", "notsent_lowat_bytes", "max_pacing_rate_bytes_per_s")
        if getattr(settings, name)
    ]
    change_sender(tcb, sender, said)


def change_sender(tcb: Tcb, sender: Sender, changed: Collection[str]) -> None:
    """These settings have been set, perhaps to what they were before: setting TCP_NODELAY once more pushes what waits."""
    settings = tcb.settings
    if "cork" in changed:
        sender.set_cork(settings.cork)
    if "nodelay" in changed:
        sender.set_nodelay(settings.nodelay)
    if "congestion" in changed and settings.congestion is not None:
        sender.set_congestion(settings.congestion, tcb.config.chance)
    if "maxseg_bytes" in changed and tcb.agreed is not None:
        sender.set_mss_limit(tcb.config.send_mss_bytes(tcb.agreed, settings))
    if "sndbuf_bytes" in changed and settings.sndbuf_bytes is not None:
        sender.set_send_buffer(settings.sndbuf_bytes)
    if "notsent_lowat_bytes" in changed and settings.notsent_lowat_bytes is not None:
        sender.notsent_lowat_bytes = settings.notsent_lowat_bytes or sender.limits.notsent_lowat_bytes
    if "max_pacing_rate_bytes_per_s" in changed and settings.max_pacing_rate_bytes_per_s is not None:
        sender.set_max_pacing_rate(settings.max_pacing_rate_bytes_per_s)
    tell_user_timeout(tcb, sender)


def tell_user_timeout(tcb: Tcb, sender: Sender) -> None:
    """How long the sending half is patient, by what both ends have said (RFC 5482)."""
    sender.user_timeout_us = user_timeout.effective_ms(tcb.settings, tcb.peer_user_timeout_s) * 1000


def forget_peer(tcb: Tcb, occasion: Occasion) -> None:
    """FORGET_PEER: back to LISTEN as if nothing had come; data queued for the peer goes too."""
    tcb.early = None
    create_tcb(tcb, occasion)
    tcb.passive_origin = True


def signal_open(tcb: Tcb, occasion: Occasion) -> None:
    """SIGNAL_OPEN: the user may send and receive; a rest that came with the SYN is the next thing to process."""
    tcb.tell(OPENED)
    tcb.fast_open = False
    keepalive.start(tcb, occasion.now_ns)
