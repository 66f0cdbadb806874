"""How long a packet is on the wire, by arithmetic: links need the length of each, and only taps its bytes."""

from __future__ import annotations

from estab.wire.segment import Segment, SynOptions

IPV4_BYTES, IPV6_BYTES, TCP_BYTES = 20, 40, 20
TIMESTAMPS_BYTES = 12
"""Two NOPs and the option (RFC 7323 appendix A)."""


def header_bytes(segment: Segment) -> int:
    """TCP header with its options, padded to words."""
    length = TIMESTAMPS_BYTES if segment.tsval is not None else 0
    if segment.sack:
        length += 4 + 8 * len(segment.sack)
    if segment.syn is not None:
        length += _syn_options_bytes(segment.syn, segment.tsval is not None)
    if segment.user_timeout_s is not None:
        length += 4
    for _, body in segment.odd_options:
        length += 2 + len(body)
    return TCP_BYTES + (length + 3) // 4 * 4


def _syn_options_bytes(options: SynOptions, timestamps: bool) -> int:
    length = 4 if options.mss_bytes is not None else 0
    length += 4 if options.window_scale is not None else 0
    if options.sack_permitted and not timestamps:  # else it takes the place of the NOPs before the timestamps
        length += 4
    if options.fast_open_cookie is not None:
        body = 2 + len(options.fast_open_cookie) + (2 if options.fast_open_experimental else 0)
        length += (body + 3) // 4 * 4
    return length


def wire_bytes(source: str, segment: Segment) -> int:
    """IP packet of this segment, without a link layer."""
    if segment.syn is None and not segment.sack and segment.user_timeout_s is None and not segment.odd_options:
        tcp = 32 if segment.tsval is not None else 20
    else:
        tcp = header_bytes(segment)
    return tcp + len(segment.payload) + (IPV6_BYTES if ":" in source else IPV4_BYTES)
