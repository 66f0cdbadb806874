"""The tests of RFC 9293 §3.10.7 that decide which stimuli an arriving segment is: pure predicates on plain integers.

Arguments carry the RFC's names.  Sequence numbers, acknowledgment numbers and timestamps are 32 bits wide and wrap; lengths and windows
count bytes (windows after scaling, so at most 2^30).  `seg_len` counts SYN and FIN, as SEG.LEN does.  All run in both lives.
"""

from __future__ import annotations

from estab.instant import HOUR_NS
from estab.lives import kernel
from estab.seq import distance

TS_RECENT_LIFE_NS = 24 * 24 * HOUR_NS
"""Above this age TS.Recent proves nothing, for the peer's timestamp clock may have wrapped (RFC 7323 §5.5: 24 days)."""


@kernel
def is_in_window(number: int, rcv_nxt: int, rcv_wnd: int) -> bool:
    """RCV.NXT =< number < RCV.NXT+RCV.WND."""
    return 0 <= distance(number, rcv_nxt) < rcv_wnd


@kernel
def is_acceptable(seg_seq: int, seg_len: int, rcv_nxt: int, rcv_wnd: int) -> bool:
    """The acceptability test in its four cases (RFC 9293 §3.10.7.4, table 6).

    Not acceptable, and not a RST: `OUT_OF_WINDOW`.  With a zero window no text is acceptable, yet the ACK, URG or RST of such a segment
    still counts if it is valid; that allowance is the caller's.
    """
    if rcv_wnd == 0:
        return seg_len == 0 and distance(seg_seq, rcv_nxt) == 0
    if seg_len == 0:
        return is_in_window(seg_seq, rcv_nxt, rcv_wnd)
    return is_in_window(seg_seq, rcv_nxt, rcv_wnd) or is_in_window(seg_seq + seg_len - 1, rcv_nxt, rcv_wnd)


@kernel
def is_reset_valid(seg_seq: int, rcv_nxt: int) -> bool:
    """A RST that ends a connection: exactly at RCV.NXT (RFC 5961 §3.2, second check); whatever the window is.  `RST`."""
    return distance(seg_seq, rcv_nxt) == 0


@kernel
def is_reset_challenged(seg_seq: int, rcv_nxt: int, rcv_wnd: int) -> bool:
    """A RST that is answered by a challenge ACK: in the window, but not at its edge (RFC 5961 §3.2, third check).  `BLIND_RST`.

    A RST that is neither this nor valid is dropped in silence.
    """
    return distance(seg_seq, rcv_nxt) != 0 and is_in_window(seg_seq, rcv_nxt, rcv_wnd)


@kernel
def is_ack_of_syn(seg_ack: int, iss: int, snd_nxt: int) -> bool:
    """ISS < SEG.ACK =< SND.NXT: in SYN-SENT and SYN-RECEIVED the ACK is acceptable (RFC 9293 §3.10.7.3); less than SND.NXT
    where the peer took the SYN but not the data that came with it."""
    return distance(seg_ack, iss) > 0 and distance(seg_ack, snd_nxt) <= 0


@kernel
def is_ack_acceptable(seg_ack: int, snd_una: int, snd_nxt: int, max_snd_wnd: int) -> bool:
    """SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT (RFC 5961 §5.2); else `BAD_ACK`, in the synchronized states."""
    return distance(seg_ack, snd_una) >= -max_snd_wnd and distance(seg_ack, snd_nxt) <= 0


@kernel
def is_ack_new(seg_ack: int, snd_una: int, snd_nxt: int) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT: it acknowledges something for the first time (RFC 9293 §3.4)."""
    return distance(seg_ack, snd_una) > 0 and distance(seg_ack, snd_nxt) <= 0


@kernel
def is_window_newer(seg_seq: int, seg_ack: int, snd_wl1: int, snd_wl2: int) -> bool:
    """The segment's window may be taken over: SND.WL1 < SEG.SEQ, or equal and SND.WL2 =< SEG.ACK (RFC 9293 §3.10.7.4, fifth step)."""
    newer = distance(seg_seq, snd_wl1)
    return newer > 0 or (newer == 0 and distance(seg_ack, snd_wl2) >= 0)


@kernel
def is_old_by_timestamp(seg_tsval: int, ts_recent: int, ts_recent_age_ns: int) -> bool:
    """PAWS: SEG.TSval < TS.Recent, and TS.Recent is still good (RFC 7323 §5.3, R1).  Not asked of a RST."""
    return distance(seg_tsval, ts_recent) < 0 and ts_recent_age_ns <= TS_RECENT_LIFE_NS


@kernel
def is_syn_newer(seg_seq: int, seg_tsval: int, last_seq: int, ts_recent: int, new_has_timestamps: bool, old_had_timestamps: bool) -> bool:
    """A SYN that may reopen a connection in TIME-WAIT (RFC 6191 §2): the condition `NEWER_SYN`.

    `last_seq` is the last sequence number seen of the old connection, `ts_recent` its last timestamp.  A SYN with timestamps where the old
    connection had none is taken as it is; where both have them the greater timestamp decides; in all other cases, and between
    equal timestamps, the sequence number.
    """
    if new_has_timestamps and not old_had_timestamps:
        return True
    if new_has_timestamps and distance(seg_tsval, ts_recent) != 0:
        return distance(seg_tsval, ts_recent) > 0
    return distance(seg_seq, last_seq) > 0
