"""The variables of one connection (RFC 9293 §3.3.1), without behaviour; the parts of the engine are functions over them.

What only a phase of life needs hangs on one reference and goes when the phase ends: an idle connection must stay small.  Positions are
sequence numbers unwrapped to plain integers, so that they compare as they stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.timers import Timers
from estab.machine.states import State

if TYPE_CHECKING:
    from estab.engine.acknowledging import AckPolicy
    from estab.engine.events import Event
    from estab.engine.opening import Opening
    from estab.engine.options import ConnectionConfig, Negotiated, Settings
    from estab.engine.receiver import Receiver
    from estab.engine.sending.sender import Sender
    from estab.wire.segment import Segment


class Tcb:
    """Transmission control block."""

    __slots__ = (
        "accepted",  # a Fast Open child has left its listener's queue: it has an owner who would not understand a refusal
        "acks",  # when and what to acknowledge; None before the peer's SYN
        "agreed",  # what the SYNs settled; None before
        "challenged_ns",  # instant of the last answer to an unacceptable segment
        "close_queued",  # a CLOSE waits for ESTABLISHED (RFC 9293 §3.10.4, SYN-RECEIVED)
        "config",
        "data_segs_in",
        "early",  # data of SENDs before the options are known; None if there is none
        "error",  # pending errno (SO_ERROR), None if there is none
        "events",
        "fast_open",  # passive Fast Open: data flows in SYN-RECEIVED already
        "iss",  # initial send sequence number
        "last_ack_recv_ns",
        "last_data_recv_ns",
        "opening",  # the SYN or SYN-ACK that is not acknowledged; None afterwards
        "orphan",  # the user has closed both directions and asks nothing any more
        "outbox",  # segments that leave before data
        "passive_origin",  # came from LISTEN
        "peer_user_timeout_s",  # RFC 5482; None if the peer sent none
        "probes_out",  # keepalive probes without an answer
        "receiver",  # the receiving half; None before the peer's SYN
        "room_wanted",  # a write was cut short; WriteRoom is owed
        "segs_in",
        "segs_out",
        "sender",  # the sending half; None before the peer's SYN
        "settings",
        "shut_read",  # the user reads no more (shutdown(SHUT_RD)); text after the FIN of this end is then answered by RST
        "state",
        "syn_data_acked",  # all data of a Fast Open SYN has arrived with it, whoever sent it
        "timers",
        "transmit_ecn",
        "ts_offset",  # of this end's timestamp clock
        "ts_recent",  # TS.Recent of RFC 7323 §4.3, 32 bits
        "ts_recent_ns",  # when it was taken
    )

    acks: AckPolicy | None
    agreed: Negotiated | None
    early: bytearray | None
    opening: Opening | None
    receiver: Receiver | None
    sender: Sender | None

    def __init__(self, config: ConnectionConfig, now_ns: int) -> None:
        self.config = config
        self.settings: Settings = config.settings
        self.state = State.CLOSED
        self.iss = 0
        self.passive_origin = self.orphan = self.accepted = self.fast_open = self.syn_data_acked = False
        self.close_queued = self.room_wanted = self.shut_read = False
        self.acks = self.agreed = self.early = self.opening = self.receiver = self.sender = None
        self.error: int | None = None
        self.events: list[Event] | None = None
        self.outbox: list[Segment] | None = None
        self.timers = Timers()
        self.challenged_ns: int | None = None
        self.peer_user_timeout_s: int | None = None
        self.probes_out = self.segs_in = self.segs_out = self.data_segs_in = self.transmit_ecn = 0
        self.last_ack_recv_ns = self.last_data_recv_ns = now_ns
        self.ts_offset = self.ts_recent = self.ts_recent_ns = 0

    def tell(self, event: Event) -> None:
        """Queue an event for the owner; one that stands last in the queue already is not told twice."""
        if self.events is None:
            self.events = [event]
        elif not self.events or self.events[-1] is not event:
            self.events.append(event)

    def post(self, segment: Segment) -> None:
        """Queue a segment that leaves before data."""
        if self.outbox is None:
            self.outbox = [segment]
        else:
            self.outbox.append(segment)

    @property
    def snd_nxt(self) -> int:
        """SND.NXT, whichever half of life the connection is in."""
        if self.sender is not None:
            return self.sender.snd_nxt
        return self.iss + 1 if self.opening is None else self.iss + 1 + self.opening.syn_data_bytes
