"""What two ends agree on, what one end was told to do, and everything a connection is made from.

`Negotiated` is settled by the SYNs and never changes.  `Settings` are the socket options that a connection acts on; None means "as the knob
says".  `ConnectionConfig` gathers what `Connection` needs at birth.  All are frozen: equal ones are shared between connections.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from estab.engine.counters import Counters
from estab.engine.sending.profile import LINUX_PROFILE, SendingProfile
from estab.flow import Endpoint
from estab.wire.segment import SynOptions

if TYPE_CHECKING:
    from estab.chance import Chance
    from estab.engine.isn import HostSecrets
    from estab.engine.limits import ChallengeLimit
    from estab.knobs.values import KnobValues

TCP_HEADER_BYTES = 20
IPV4_HEADER_BYTES = 20
IPV6_HEADER_BYTES = 40
TIMESTAMPS_BYTES = 12
"""The option with its padding, as it stands in every segment once agreed (RFC 7323 appendix A)."""
DEFAULT_MSS_V4_BYTES, DEFAULT_MSS_V6_BYTES = 536, 1220
"""What a peer takes that sent no MSS option (RFC 9293 §3.7.1, MUST-15)."""
LARGEST_SHIFT = 14
LARGEST_FIELD = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What both SYNs agreed on."""

    peer_mss_bytes: int = DEFAULT_MSS_V4_BYTES
    """The peer's MSS option, or the default: the largest payload it takes, options not counted."""
    window_scaling: bool = False
    snd_wscale: int = 0
    """Shift of the windows that the peer announces."""
    rcv_wscale: int = 0
    """Shift of the windows that this end announces."""
    timestamps: bool = False
    sack: bool = False
    ecn: bool = False


@functools.lru_cache(maxsize=1024)
def shared(agreed: Negotiated) -> Negotiated:
    """One object for all connections that agreed on the same."""
    return agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The socket options a connection acts on (names of `estab.knobs` in small letters); None: as the knob says."""

    keepalive: bool = False
    keep_idle_s: int | None = None
    keep_interval_s: int | None = None
    keep_count: int | None = None
    user_timeout_ms: int = 0
    """TCP_USER_TIMEOUT; 0: none of its own."""
    advertised_user_timeout_s: int = 0
    """RFC 5482: the timeout that this end announces in its SYN; 0 leaves the option out and ignores the peer's."""
    nodelay: bool = False
    cork: bool = False
    linger_s: int | None = None
    """SO_LINGER; None: off.  Only 0 concerns the connection (CLOSE becomes ABORT); waiting is the caller's business."""
    linger2_s: int | None = None
    """TCP_LINGER2: life of FIN-WAIT-2 after CLOSE; negative: none at all."""
    rcvbuf_bytes: int | None = None
    """SO_RCVBUF as the kernel keeps it (doubled); fixes the size and turns autotuning off."""
    sndbuf_bytes: int | None = None
    window_clamp_bytes: int | None = None
    maxseg_bytes: int | None = None
    syn_count: int | None = None
    notsent_lowat_bytes: int | None = None
    congestion: str | None = None
    max_pacing_rate_bytes_per_s: int | None = None
    oob_inline: bool = False


DEFAULT_SETTINGS = Settings()


@functools.lru_cache(maxsize=1024)
def shared_settings(settings: Settings) -> Settings:
    """One object for all connections with the same options."""
    return settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionConfig:
    """What a connection is made from; `remote` None only for one that begins in LISTEN."""

    local: Endpoint
    remote: Endpoint | None
    knobs: KnobValues
    chance: Chance
    """Where the connection draws what it chooses by chance."""
    secrets: HostSecrets
    """Keys of the host: initial sequence numbers (RFC 6528) and offsets of timestamps."""
    challenges: ChallengeLimit
    """The host's limit of challenge ACKs (RFC 5961 §7), shared by all its connections."""
    counters: Counters = field(default_factory=Counters)
    """The host's counters, where this connection counts what happens to it (`counters` says who counts what)."""
    mtu_bytes: int = 1500
    settings: Settings = field(default=DEFAULT_SETTINGS)
    fast_open_cookie: bytes | None = None
    """None: no Fast Open.  Empty: ask for a cookie.  Else: the cookie that lets data travel in the SYN (RFC 7413)."""
    fast_open_experimental: bool = False
    fast_open_without_cookie: bool = False
    """Data may travel in a SYN without the option (TCP_FASTOPEN_NO_COOKIE, tcp_fastopen & 4)."""
    fast_open_mss_bytes: int = 0
    """The server's MSS as remembered with the cookie; 0: unknown."""
    ecn: bool | None = None
    """Ask for ECN in the SYN; None: as `tcp_ecn` says."""
    sending: SendingProfile = LINUX_PROFILE
    """Choices of its sending half that no knob and no socket option holds."""
    iss: int | None = None
    """The initial sequence number where it must lie beyond those of a connection before (`tcp_tw_reuse`); None: as RFC 6528 says."""

    @property
    def is_ipv6(self) -> bool:
        """Whether the headers below are those of IPv6."""
        return ":" in self.local.address

    @property
    def mtu_mss_bytes(self) -> int:
        """What the MTU leaves for a segment without options."""
        return self.mtu_bytes - TCP_HEADER_BYTES - (IPV6_HEADER_BYTES if self.is_ipv6 else IPV4_HEADER_BYTES)

    @property
    def advertised_mss_bytes(self) -> int:
        """The MSS option of this end's SYN (RFC 9293 §3.7.1): what the MTU leaves, or less if the user asks for less."""
        asked = self.settings.maxseg_bytes
        return self.mtu_mss_bytes if asked is None else min(asked, self.mtu_mss_bytes)

    def send_mss_bytes(self, agreed: Negotiated, settings: Settings | None = None) -> int:
        """The payload of a full segment: the smaller of both limits, without the timestamps that every segment carries.

        `settings` are those of now, if they may have changed.
        """
        asked = (settings or self.settings).maxseg_bytes
        largest = min(agreed.peer_mss_bytes, self.mtu_mss_bytes if asked is None else min(asked, self.mtu_mss_bytes))
        smallest: int = self.knobs.tcp_min_snd_mss
        return max(largest, smallest) - (TIMESTAMPS_BYTES if agreed.timestamps else 0)


def offer(config: ConnectionConfig, rcv_wscale: int) -> SynOptions:
    """The options of a SYN: all that the knobs allow."""
    return SynOptions(
        mss_bytes=config.advertised_mss_bytes,
        window_scale=rcv_wscale if config.knobs.tcp_window_scaling else None,
        sack_permitted=bool(config.knobs.tcp_sack),
    )


def answer(config: ConnectionConfig, agreed: Negotiated) -> SynOptions:
    """The options of a SYN-ACK: what was agreed."""
    return SynOptions(
        mss_bytes=config.advertised_mss_bytes,
        window_scale=agreed.rcv_wscale if agreed.window_scaling else None,
        sack_permitted=agreed.sack,
    )


def agree(config: ConnectionConfig, peer: SynOptions | None, *, timestamps: bool, rcv_wscale: int, ecn: bool) -> Negotiated:
    """What holds once both SYNs are known: an option is on where both ends sent it (RFC 7323 §1.3, §2.2; RFC 2018 §2).

    `timestamps` says whether the peer's SYN had the option; `ecn` whether both ends said so (RFC 3168 §6.1.1).
    """
    peer = peer or SynOptions()
    knobs = config.knobs
    scaling = peer.window_scale is not None and bool(knobs.tcp_window_scaling)
    default_mss = DEFAULT_MSS_V6_BYTES if config.is_ipv6 else DEFAULT_MSS_V4_BYTES
    return shared(
        Negotiated(
            peer_mss_bytes=peer.mss_bytes or default_mss,
            window_scaling=scaling,
            snd_wscale=min(peer.window_scale or 0, LARGEST_SHIFT) if scaling else 0,
            rcv_wscale=rcv_wscale if scaling else 0,
            timestamps=timestamps and knobs.tcp_timestamps != 0,
            sack=peer.sack_permitted and bool(knobs.tcp_sack),
            ecn=ecn,
        )
    )
