"""The path's MTU: what ICMP says (RFC 1191, RFC 8201), black holes, and probing (RFC 4821; net/ipv4/tcp_output.c, tcp_mtu_probe)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.rack import mark_lost
from estab.engine.sending.retransmit import resend_lost
from estab.engine.sending.undo import set_state
from estab.engine.sending.validation import threshold_now
from estab.engine.sending.variables import LOSS, OPEN, in_flight, reordering_of, trouble_of, window_end
from estab.instant import SECOND_NS
from estab.laws.window import bounded_by_half_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from estab.engine.sending.entries import Sent
    from estab.engine.sending.variables import SendVariables


PROBE_CWND = 11
"""A window smaller than this has no room for a probe and the duplicate ACKs that show its loss."""
PROBE_THRESHOLD_BYTES = 8
LEAST_MTU_V4_BYTES, LEAST_MTU_V6_BYTES = 552, 1_280
"""net.ipv4.route.min_pmtu; RFC 8200 §5."""
LEAST_V6_HEADER_BYTES = 60
REPROBE_NS = 600 * SECOND_NS
"""tcp_probe_threshold and tcp_probe_interval."""


class PathMtu:
    """What is known of the path; made when something is learned or probed."""

    __slots__ = (
        "mtu_bytes",
        "probe_bytes",
        "probe_end",
        "probe_start",
        "probed_ns",
        "search_high_bytes",
        "search_low_bytes",
        "searching",
    )

    def __init__(self, mtu_bytes: int) -> None:
        self.mtu_bytes = mtu_bytes
        self.searching = False
        self.search_low_bytes = 0
        self.search_high_bytes = mtu_bytes
        self.probe_bytes = 0
        """Size of the probe that is under way; 0: none."""
        self.probe_start = 0
        self.probe_end = 0
        self.probed_ns = 0

    def failed(self, sender: SendVariables, now_ns: int) -> None:
        """The probe was lost and nothing else: too large.  That is no sign of congestion."""
        self.search_high_bytes = self.probe_bytes - 1
        self.probe_bytes = 0
        sender.counters["TcpExt.TCPMTUPFail"] += 1
        sender.cwnd += 1
        resend_oversized(sender, now_ns)


def begin_search(sender: SendVariables, now_ns: int) -> None:
    """tcp_mtu_probing = 2: segments begin with tcp_base_mss, and larger ones are tried from there."""
    path = path_of(sender)
    path.searching = True
    path.search_low_bytes = min(sender.limits.base_mss_bytes + sender.header_bytes, path.search_high_bytes)
    path.probed_ns = now_ns
    apply_mss(sender)


def probe_length(sender: SendVariables, now_ns: int) -> int:
    """Payload of a probe that may leave now (RFC 4821 §7; tcp_mtu_probe); 0: none, go on as usual; negative: wait until it may.

    Half way between what is known to pass and what may; only with enough behind it that its loss shows by duplicate ACKs.
    """
    path = sender.path
    if path is None or not path.searching or path.probe_bytes or sender.ca_state is not OPEN or sender.cwnd < PROBE_CWND:
        return 0
    size = ((path.search_high_bytes + path.search_low_bytes) >> 1) - sender.header_bytes
    if size <= sender.mss_bytes or path.search_high_bytes - path.search_low_bytes < PROBE_THRESHOLD_BYTES:
        if now_ns - path.probed_ns >= REPROBE_NS:
            path.search_high_bytes = sender.mss_limit_bytes + sender.header_bytes
            path.search_low_bytes = sender.mss_bytes + sender.header_bytes
            path.probed_ns = now_ns
        return 0
    needed = size + (reordering_of(sender) + 1) * sender.mss_bytes
    if sender.write_seq - sender.snd_nxt < needed or sender.snd_wnd < needed:
        return 0
    if sender.snd_nxt + needed > window_end(sender):
        return -1
    flight = in_flight(sender)
    if flight + 2 > sender.cwnd:
        return -1 if flight else 0
    return 0 if holds_record_end(sender, size) else size


def holds_record_end(sender: SendVariables, size: int) -> bool:
    """A record that may not be joined with the next ends within so many unsent bytes."""
    records = sender.buffer.records if sender.buffer is not None else ()
    return any(record.eor and record.end < sender.snd_nxt + size for record in records)


def probe_left(sender: SendVariables, start: int, end: int) -> None:
    """The probe is under way; it takes the place of two segments in the window."""
    path = path_of(sender)
    path.probe_bytes = end - start + sender.header_bytes
    path.probe_start, path.probe_end = start, end
    sender.cwnd -= 1


def probe_succeeded(sender: SendVariables, path: PathMtu) -> None:
    """The probe has arrived: segments are that large from now on; the window shrinks by as much, so that the bytes in flight stay."""
    before = sender.mss_bytes
    path.search_low_bytes, path.probe_bytes = path.probe_bytes, 0
    path.mtu_bytes = max(path.mtu_bytes, path.search_low_bytes)
    sender.counters["TcpExt.TCPMTUPSuccess"] += 1
    trouble = trouble_of(sender)
    scaled = max(1, sender.cwnd * before // (path.search_low_bytes - sender.header_bytes))
    sender.cwnd = scaled
    sender.cwnd_credit = 0
    trouble.prior_ssthresh = 0
    apply_mss(sender)


def path_of(sender: SendVariables) -> PathMtu:
    """The record of the path, made if there is none."""
    path = sender.path
    if path is None:
        path = sender.path = PathMtu(sender.mss_limit_bytes + sender.header_bytes)
    return path


def apply_mss(sender: SendVariables) -> None:
    """The size of full segments from all its limits: agreement, path, half of the largest window, the search (tcp_sync_mss)."""
    mss = sender.mss_limit_bytes
    path = sender.path
    if path is not None:
        mtu = min(path.mtu_bytes, path.search_low_bytes) if path.searching else path.mtu_bytes
        mss = max(min(mtu - sender.header_bytes, mss), sender.limits.min_mss_bytes - 12)
    sender.mss_bytes = bounded_by_half_window(mss, sender.max_snd_wnd)


def on_too_big(sender: SendVariables, mtu_bytes: int, now_ns: int) -> bool:
    """An ICMP error says how large packets may be (the caller has checked that it quotes what is under way); True where it matters.

    No message makes packets smaller than 552 bytes (IPv6: 1280), nor one of before RFC 1191 that says nothing.
    """
    path = path_of(sender)
    mtu_bytes = max(mtu_bytes, LEAST_MTU_V6_BYTES if sender.header_bytes >= LEAST_V6_HEADER_BYTES else LEAST_MTU_V4_BYTES)
    if mtu_bytes >= path.mtu_bytes:
        return False
    path.mtu_bytes = mtu_bytes
    path.search_high_bytes = min(path.search_high_bytes, path.mtu_bytes)
    before = sender.mss_bytes
    apply_mss(sender)
    if sender.mss_bytes < before:
        resend_oversized(sender, now_ns)
    return True


def resend_oversized(sender: SendVariables, now_ns: int) -> None:
    """What is larger than the path takes counts as lost and is sent again in smaller pieces; the window stays (tcp_simple_retransmit)."""
    mss = sender.mss_bytes
    resend_blameless(sender, lambda entry: -(-len(entry.payload) // entry.segments) > mss, now_ns)


def resend_blameless(sender: SendVariables, is_lost: Callable[[Sent], bool], now_ns: int) -> None:
    """Some entries were lost for a reason that is not congestion: they are sent again, and the window stays.

    Data that travelled with a SYN and did not arrive is the other case (tcp_non_congestion_loss_retransmit).
    """
    if sender.head is None:
        return
    trouble = trouble_of(sender)
    entry: Sent | None = sender.head
    while entry is not None:
        if is_lost(entry):
            mark_lost(sender, entry)
            if trouble.sent_order is not None:
                trouble.sent_order.pop(entry, None)
        entry = entry.next
    trouble.retransmit_hint = None
    if not sender.lost_out:
        return
    if not sender.sack_ok:
        sender.sacked_out = min(sender.sacked_out, max(0, sender.packets_out - sender.lost_out))
    if sender.ca_state is not LOSS:
        trouble.high_seq = sender.snd_nxt
        sender.ssthresh = threshold_now(sender)
        trouble.prior_ssthresh = 0
        trouble.undo_marker = None
        set_state(sender, LOSS)
    resend_lost(sender, now_ns)


def black_hole_suspected(sender: SendVariables, now_ns: int) -> None:
    """After tcp_retries1: with tcp_mtu_probing smaller segments are tried, first tcp_base_mss, then half of it, and so on."""
    if not sender.limits.mtu_probing:
        return
    path = path_of(sender)
    if not path.searching:
        path.searching = True
        path.probed_ns = now_ns
        path.search_low_bytes = sender.limits.base_mss_bytes + sender.header_bytes
    else:
        mss = (path.search_low_bytes - sender.header_bytes) >> 1
        mss = max(min(sender.limits.base_mss_bytes, mss), sender.limits.min_mss_bytes)
        path.search_low_bytes = mss + sender.header_bytes
    apply_mss(sender)
