"""What a TCP does that the lab shows: the names that scenarios give in `behaviours`.

Each is shown by one scenario at least, which a test holds; `estab lab list --behaviours` prints them with the scenarios that show them.
"""

from __future__ import annotations

import enum


class Behaviour(enum.StrEnum):
    """One behaviour; the part before the dot is the subject by which they are sorted."""

    # addresses and boxes that translate them
    ADDRESS_TRANSLATION = "addresses.translation"
    CONNECTION_TABLE = "addresses.connection_table"
    PORT_FORWARDING = "addresses.port_forwarding"

    # opening
    THREE_WAY_HANDSHAKE = "opening.three_way_handshake"
    DATA_IN_THIRD_SEGMENT = "opening.data_in_third_segment"
    FAST_OPEN = "opening.fast_open"
    HALF_OPEN_FOUND_BY_SYN = "opening.half_open_found_by_syn"
    LOST_SYN = "opening.lost_syn"
    LOST_SYN_ACK = "opening.lost_syn_ack"
    LOST_HANDSHAKE_ACK = "opening.lost_ack"
    OLD_DUPLICATE_SYN = "opening.old_duplicate_syn"
    REFUSED = "opening.refused"
    FILTERED = "opening.filtered"
    REJECTED_BY_ICMP = "opening.rejected_by_icmp"
    SELF_CONNECT = "opening.self_connect"
    SIMULTANEOUS_OPEN = "opening.simultaneous"

    # listening
    ABORT_ON_OVERFLOW = "listening.abort_on_overflow"
    ACCEPT_QUEUE_OVERFLOW = "listening.accept_queue_overflow"
    CONNECTION_FLOOD = "listening.connection_flood"
    DEFER_ACCEPT = "listening.defer_accept"
    PORT_SCAN = "listening.port_scan"
    REUSEPORT = "listening.reuseport"
    SOMAXCONN = "listening.somaxconn"
    SYN_COOKIES = "listening.syn_cookies"
    SYN_COOKIE_OPTIONS = "listening.syn_cookie_options"
    SYN_FLOOD = "listening.syn_flood"

    # ports and descriptors
    ADDRESS_IN_USE = "ports.address_in_use"
    DESCRIPTORS_EXHAUSTED = "ports.descriptors_exhausted"
    PORTS_EXHAUSTED = "ports.exhausted"
    PORTS_PER_DESTINATION = "ports.per_destination"

    # the stream and its window
    BYTE_STREAM = "stream.byte_stream"
    DELAYED_ACK = "stream.delayed_ack"
    DELIMITER = "stream.framing_by_delimiter"
    FIXED_LENGTH = "stream.framing_by_fixed_length"
    LENGTH_PREFIX = "stream.framing_by_length_prefix"
    TYPE_LENGTH_VALUE = "stream.framing_by_type_length_value"
    NAGLE = "stream.nagle"
    OVER_DATAGRAMS = "stream.over_datagrams"
    PAWS = "stream.paws"
    PERSIST_PROBES = "stream.persist_probes"
    RECEIVE_WINDOW = "stream.receive_window"
    SILLY_WINDOW = "stream.silly_window"
    URGENT_DATA = "stream.urgent_data"
    WINDOW_SCALING = "stream.window_scaling"
    ZERO_WINDOW = "stream.zero_window"
    ZERO_WINDOW_RECOVERS = "stream.zero_window_recovers"

    # losses and their repair
    BACKOFF = "loss.backoff"
    DSACK = "loss.dsack"
    DUPLICATION = "loss.duplication"
    FAST_RETRANSMIT = "loss.fast_retransmit"
    FRTO = "loss.f_rto"
    GO_BACK_N = "loss.go_back_n"
    LIMITED_TRANSMIT = "loss.limited_transmit"
    LOST_RETRANSMISSION = "loss.lost_retransmission"
    NEW_RENO = "loss.new_reno"
    RACK = "loss.rack"
    REORDERING = "loss.reordering"
    RTO = "loss.rto"
    SACK = "loss.sack"
    SELECTIVE_REPEAT = "loss.selective_repeat"
    STOP_AND_WAIT = "loss.stop_and_wait"
    TAIL_LOSS_PROBE = "loss.tail_loss_probe"
    UNDO_BY_TIMESTAMPS = "loss.undo_by_timestamps"

    # congestion
    BBR = "congestion.bbr"
    BUFFERBLOAT = "congestion.bufferbloat"
    CONGESTION_AVOIDANCE = "congestion.avoidance"
    CUBIC = "congestion.cubic"
    ECN = "congestion.ecn"
    HYSTART = "congestion.hystart"
    HYSTART_PLUS_PLUS = "congestion.hystart_plus_plus"
    IDLE_RESTART = "congestion.idle_restart"
    PRR = "congestion.prr"
    SLOW_START = "congestion.slow_start"

    # the path's MTU
    MTU_BY_ICMP = "path.mtu_by_icmp"
    MTU_BLACK_HOLE = "path.mtu_black_hole"
    MTU_PROBING = "path.mtu_probing"

    # closing
    ABORT = "closing.abort"
    CLOSE_IN_SYN_RECEIVED = "closing.in_syn_received"
    CLOSE_WAIT_LEAK = "closing.close_wait_leak"
    DATA_AFTER_CLOSE = "closing.data_after_close"
    FIN_WAIT_2_TIMEOUT = "closing.fin_wait_2_timeout"
    FOUR_SEGMENT_CLOSE = "closing.four_segments"
    HALF_CLOSE = "closing.half_close"
    ORPHAN_RETRIES = "closing.orphan_retries"
    SHARED_DESCRIPTOR = "closing.shared_descriptor"
    SIMULTANEOUS_CLOSE = "closing.simultaneous"
    THREE_SEGMENT_CLOSE = "closing.three_segments"
    UNREAD_DATA = "closing.unread_data"

    # TIME-WAIT
    TIME_WAIT_ANSWERS = "time_wait.answers_a_repeated_fin"
    TIME_WAIT_ASSASSINATION = "time_wait.assassination"
    TIME_WAIT_CROWD = "time_wait.crowd"
    TIME_WAIT_OVERFLOW = "time_wait.overflow"
    TIME_WAIT_REUSE = "time_wait.reuse"

    # a long life
    CHALLENGE_ACK = "life.challenge_ack"
    FALSE_ESTABLISHED = "life.false_established"
    HEARTBEAT = "life.heartbeat"
    IDLE_TIMEOUT = "life.idle_timeout"
    KEEPALIVE_ALIVE = "life.keepalive_alive"
    KEEPALIVE_DEAD = "life.keepalive_dead"
    KEEPALIVE_REBOOTED = "life.keepalive_rebooted"
    KEEPALIVE_UNREACHABLE = "life.keepalive_unreachable"
    NAT_IDLE_TIMEOUT = "life.nat_idle_timeout"
    PARALLEL_CONNECTIONS = "life.parallel_connections"
    PEER_POWER_OFF = "life.peer_power_off"
    PEER_REBOOTED = "life.peer_rebooted"
    POOL_KEEPALIVE_RACE = "life.pool_keepalive_race"
    SHORT_CONNECTIONS = "life.short_connections"
    SLOW_APPLICATION = "life.slow_application"
    USER_TIMEOUT = "life.user_timeout"
