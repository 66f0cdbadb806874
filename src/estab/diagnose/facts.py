"""What a rule may ask for: masks over all connections, groups of them, and who took the capture.

Everything here is a column with one entry a connection (or a side of it), computed once when first asked for; a rule combines masks and
loops only over what is left, so that 200,000 healthy connections cost a few milliseconds.

Names: a *mask* is a bool array, *rows* is an int array of connection numbers, *side* is 0 for the client and 1 for the server.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from estab.diagnose.finding import Finding
from estab.diagnose.grouping import Group as Group  # noqa: PLC0414 - rules take it from here
from estab.diagnose.grouping import Grouping
from estab.diagnose.vantage import Vantage as Vantage  # noqa: PLC0414 - rules take it from here
from estab.flow import Endpoint
from estab.instant import MICROSECOND_NS, MILLISECOND_NS
from estab.track import records

if TYPE_CHECKING:
    from estab.capture.summary import CaptureSummary
    from estab.track import Connections

CLIENT, SERVER = 0, 1

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Column = npt.NDArray[Any]
More = ParamSpec("More")
Made = TypeVar("Made")


NEAR_RATIO = 5
"""The end whose answers come this many times faster than the other's is the one beside the capture point."""
SAME_HOST_NS = 200 * MICROSECOND_NS
"""Below this a whole handshake says nothing: both ends are near."""
FIRST_TTLS = (64, 128, 255)
"""Times to live that systems begin with; a packet that still has one has not passed a router."""


class _Index:
    """Rows by group number."""

    def __init__(self, numbers: Column) -> None:
        self._numbers = numbers
        short = numbers.astype(np.uint16) if int(numbers.max(initial=0)) < 1 << 16 else numbers  # sorted in linear time
        self._order = np.argsort(short, kind="stable")
        self._begins = np.searchsorted(numbers[self._order], np.arange(int(numbers.max(initial=-1)) + 2))

    def rows_like(self, row: int) -> Rows:
        """All rows of the group that a row belongs to."""
        number = int(self._numbers[row])
        return np.asarray(self._order[self._begins[number] : self._begins[number + 1]])


class Facts:
    """A view of one capture's connections for rules; `connections.client.<field>`, `.server.<field>` and `.<field>` are the raw columns."""

    def __init__(self, connections: Connections, capture: CaptureSummary) -> None:
        self.connections, self.capture = connections, capture
        self.count = connections.count
        self._claims: dict[str, Mask] = {}
        self._made: dict[tuple[object, ...], Any] = {}
        self._making: dict[tuple[object, ...], threading.RLock] = {}

    def once(self, make: Callable[Concatenate[Facts, More], Made], *more: More.args, **named: More.kwargs) -> Made:
        """What `make(facts, …)` gives, made when it is first asked for: several rules look at the same evidence, perhaps at once."""
        key = (make, *more, *named.items())
        if key not in self._made:
            with self._making.setdefault(key, threading.RLock()):
                if key not in self._made:
                    self._made[key] = make(self, *more, **named)
        made: Made = self._made[key]
        return made

    # --- marks ------------------------------------------------------------------------------------------------------------------

    def marked(self, bits: int) -> Mask:
        """Connections with any of these marks (`records.SAW_SYN`, ...)."""
        return np.asarray((self.connections.marks & bits) != 0)

    def side_marked(self, side: int, bits: int) -> Mask:
        """Connections of which this side has any of these marks (`records.FIN_SENT`, ...)."""
        return np.asarray((self.connections.side(side).marks & bits) != 0)

    @functools.cached_property
    def attempted(self) -> Mask:
        """A SYN of the client was seen."""
        return self.marked(records.SAW_SYN)

    @functools.cached_property
    def answered(self) -> Mask:
        """A SYN-ACK of the server was seen."""
        return self.marked(records.SAW_SYN_ACK)

    @functools.cached_property
    def refused(self) -> Mask:
        """The SYN was answered by RST."""
        return self.marked(records.REFUSED)

    @functools.cached_property
    def established(self) -> Mask:
        """The handshake was completed, or data or FIN went both ways."""
        return self.marked(records.CONNECTED)

    @functools.cached_property
    def midstream(self) -> Mask:
        """The first packet was neither SYN nor SYN-ACK: the connection is older than the capture."""
        return self.marked(records.MIDSTREAM)

    @functools.cached_property
    def one_way(self) -> Mask:
        """One side acknowledges packets of the other, of which none was captured: the capture misses a direction."""
        client, server = self.connections.client, self.connections.server
        only_client = (server.packets == 0) & ((client.marks & records.HAS_ACK_SENT) != 0)
        only_server = (client.packets == 0) & ((server.marks & records.HAS_ACK_SENT) != 0)
        return np.asarray((only_client | only_server) & ~self.equal_ends)

    @functools.cached_property
    def equal_ends(self) -> Mask:
        """Both ends are the same address and port: one socket that has sent everything, whatever side it counts for."""
        connections = self.connections
        equal = connections.a_port == connections.b_port
        for place in range(4):
            equal &= getattr(connections, f"a{place}") == getattr(connections, f"b{place}")
        return np.asarray(equal)

    @functools.cached_property
    def reset(self) -> Mask:
        """Either side sent RST."""
        return self.side_marked(CLIENT, records.RST_SENT) | self.side_marked(SERVER, records.RST_SENT)

    @functools.cached_property
    def only_one_way(self) -> bool:
        """True where the capture as a whole misses a direction."""
        both = (self.connections.client.packets > 0) & (self.connections.server.packets > 0)
        return bool(self.one_way.any() and not both.any())

    @functools.cached_property
    def options_cut(self) -> bool:
        """True where the snap length hid the options of every connection."""
        return bool(self.count and self.marked(records.HEADERS_CUT).all())

    # --- times ------------------------------------------------------------------------------------------------------------------

    @property
    def first_ns(self) -> int:
        """Time of the capture's first packet."""
        return self.capture.first_ns

    @property
    def last_ns(self) -> int:
        """Time of the capture's last packet."""
        return self.capture.last_ns

    @property
    def has_times(self) -> bool:
        """False where the file holds no times at all."""
        return self.capture.last_ns > 0

    @functools.cached_property
    def duration_ns(self) -> Column:
        """From the first to the last packet of each connection."""
        return np.asarray(self.connections.last_ns - self.connections.first_ns)

    @functools.cached_property
    def tail_ns(self) -> Column:
        """From the last packet of each connection to the end of the capture."""
        return np.asarray(np.maximum(self.last_ns - self.connections.last_ns, 0))

    @functools.cached_property
    def synack_delay_ns(self) -> Column:
        """From the (only) SYN to the SYN-ACK, as seen at the capture point; 0 where unknown or where either was repeated."""
        client, server = self.connections.client, self.connections.server
        known = (client.syns == 1) & (server.syn_acks == 1) & (client.first_syn_ns > 0) & (server.first_syn_ns > client.first_syn_ns)
        return np.where(known, server.first_syn_ns - client.first_syn_ns, 0)

    @functools.cached_property
    def handshake_ack_delay_ns(self) -> Column:
        """From the (only) SYN-ACK to the client's ACK of it; 0 where unknown or where it was repeated."""
        server, ack_ns = self.connections.server, self.connections.handshake_ack_ns
        known = (server.syn_acks == 1) & (ack_ns > server.first_syn_ns)
        return np.where(known, ack_ns - server.first_syn_ns, 0)

    @functools.cached_property
    def handshake_rtt_ns(self) -> Column:
        """Round trip of the handshake: both halves together; 0 where one is unknown, or where both ends opened at once."""
        first, second = self.synack_delay_ns, self.handshake_ack_delay_ns
        known = (first > 0) & (second > 0) & ~self.marked(records.SIMULTANEOUS_OPEN)
        return np.where(known, first + second, 0)

    # --- where it was captured ------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def vantage(self) -> Column:
        """For each connection a Vantage: who answers at once is near; where times do not tell, an unused TTL does."""
        first, second = self.synack_delay_ns, self.handshake_ack_delay_ns
        timed = self.handshake_rtt_ns >= SAME_HOST_NS
        vantage = np.full(self.count, int(Vantage.UNKNOWN), np.int8)
        vantage[timed & (self.handshake_rtt_ns >= MILLISECOND_NS)] = int(Vantage.MIDDLE)
        vantage[timed & (first >= NEAR_RATIO * second)] = int(Vantage.CLIENT)
        vantage[timed & (second >= NEAR_RATIO * first)] = int(Vantage.SERVER)
        unused = [np.isin(self.connections.side(side).ttl, FIRST_TTLS) for side in (CLIENT, SERVER)]
        used = [~unused[side] & (self.connections.side(side).packets > 0) for side in (CLIENT, SERVER)]
        vantage[(vantage == int(Vantage.UNKNOWN)) & unused[CLIENT] & used[SERVER]] = int(Vantage.CLIENT)
        vantage[(vantage == int(Vantage.UNKNOWN)) & unused[SERVER] & used[CLIENT]] = int(Vantage.SERVER)
        return vantage

    @functools.cached_property
    def capture_vantage(self) -> Vantage:
        """Where most connections say the capture was taken; UNKNOWN without a majority of those that say anything."""
        counts = np.bincount(self.vantage, minlength=len(Vantage))
        known = int(counts[1:].sum())
        best = int(np.argmax(counts[1:])) + 1
        return Vantage(best) if known and 2 * int(counts[best]) > known else Vantage.UNKNOWN

    # --- groups -----------------------------------------------------------------------------------------------------------------

    def group_by_server(self, mask: Mask, worst: Column | None = None) -> Grouping[Group]:
        """The masked connections by the server's address and port; within a group by `worst`, the largest first, where it is given."""
        return self._groups(mask, self.connections.server_group, SERVER, worst, port=True)

    def group_by_server_address(self, mask: Mask, worst: Column | None = None) -> Grouping[Group]:
        """The masked connections by the server's address."""
        return self._groups(mask, self.connections.server_address_group, SERVER, worst, port=False)

    def group_by_client(self, mask: Mask, worst: Column | None = None) -> Grouping[Group]:
        """The masked connections by the client's address (its port is another one each time)."""
        return self._groups(mask, self.connections.client_address_group, CLIENT, worst, port=False)

    def group_by_side(self, mask: Mask, side: int, worst: Column | None = None) -> Grouping[Group]:
        """By listener where `side` is the server, by address where it is the client."""
        return self.group_by_server(mask, worst) if side == SERVER else self.group_by_client(mask, worst)

    def _groups(self, mask: Mask, numbers: Column, side: int, worst: Column | None, *, port: bool) -> Grouping[Group]:
        return Grouping(self.connections, np.flatnonzero(mask), numbers, side, _as_it_is, port=port, worst=worst)

    def rows_to_server(self, row: int) -> Rows:
        """Rows of all connections to the server address and port of this one, ascending.

        Takes time by how many these are, not by how many there are altogether: the one to use where there are many groups.
        """
        return self._by_server.rows_like(row)

    def rows_from_client(self, row: int) -> Rows:
        """Rows of all connections from the client address of this one, ascending."""
        return self._by_client.rows_like(row)

    def rows_to_server_address(self, row: int) -> Rows:
        """Rows of all connections to the server address of this one, whatever the port, ascending."""
        return self._by_server_address.rows_like(row)

    @functools.cached_property
    def _by_server_address(self) -> _Index:
        return _Index(self.connections.server_address_group)

    @functools.cached_property
    def _by_server(self) -> _Index:
        return _Index(self.connections.server_group)

    @functools.cached_property
    def _by_client(self) -> _Index:
        return _Index(self.connections.client_address_group)

    def same_server(self, row: int) -> Mask:
        """All connections to the server address and port of this one."""
        return np.asarray(self.connections.server_group == self.connections.server_group[row])

    def same_client(self, row: int) -> Mask:
        """All connections from the client address of this one."""
        return np.asarray(self.connections.client_address_group == self.connections.client_address_group[row])

    def distinct_clients(self, rows: Rows) -> int:
        """How many client addresses these connections come from."""
        return len(np.unique(self.connections.client_address_group[rows]))

    # --- evidence ---------------------------------------------------------------------------------------------------------------

    def frames(self, row: int, *fields: tuple[int, str]) -> tuple[int, ...]:
        """Record numbers from fields of sides, e.g. `(CLIENT, "syn_frame")`, in ascending order; those that are 0 are left out."""
        found = {int(getattr(self.connections.side(side), name)[row]) for side, name in fields}
        return tuple(sorted(found - {0}))

    def endpoints(self, row: int) -> tuple[Endpoint, Endpoint]:
        """Client and server of a connection."""
        return self.connections.endpoint(row, CLIENT), self.connections.endpoint(row, SERVER)

    # --- claims -----------------------------------------------------------------------------------------------------------------

    def claim(self, finding: Finding) -> None:
        """Notes that a finding explains its connections."""
        mask = self._claims.setdefault(finding.code, np.zeros(self.count, bool))
        mask[finding.members] = True

    def claimed_by(self, *codes: str) -> Mask:
        """Connections that findings of these codes explain already."""
        result = np.zeros(self.count, bool)
        for code in codes:
            if code in self._claims:
                result |= self._claims[code]
        return result

    def unclaimed(self, codes: Sequence[str]) -> Mask:
        """The others: for a rule, `facts.unclaimed(RULE.yields_to)`."""
        return ~self.claimed_by(*codes)


def _as_it_is(group: Group) -> Group:
    return group
