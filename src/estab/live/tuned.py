"""A host's settings with what should change in them: read here, judged by `knobs.audit`."""

from __future__ import annotations

from dataclasses import dataclass, field

from estab.errors import MisuseError
from estab.knobs.audit import Recommendation, audit, lacking
from estab.knobs.catalog import find_knob
from estab.knobs.declare import Knob
from estab.knobs.purposes import PURPOSES, Purpose
from estab.live.host import Owners, take_snapshot
from estab.live.namespaces import Namespace
from estab.live.sock_diag import states_mask
from estab.machine.states import State
from estab.snapshot import HostSnapshot
from estab.text import msg


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What was read, and what is recommended; `lacking` are knobs of the purpose that this kernel does not have."""

    host: HostSnapshot
    namespace: Namespace | None
    purpose: Purpose | None = None
    recommendations: tuple[Recommendation, ...] = ()
    lacking: tuple[Knob, ...] = field(default=())


def read_tuned(*, profile: str | None = None, only: tuple[str, ...] = (), namespace: Namespace | None = None) -> Tuned:
    """Reads the settings of a namespace and judges them; `only` keeps to some knobs.  Raises MisuseError for what does not exist."""
    purpose = _purpose(profile)
    wanted = frozenset(_knob(name).name for name in only)
    host = take_snapshot(namespace, owners=Owners.NONE, states=states_mask([State.LISTEN]), with_sockets=purpose is not None)
    listening = () if host.sockets is None else set(host.sockets["local_port"].tolist())
    found = audit(host.knobs, purpose=purpose, listening=listening)
    return Tuned(
        host=host,
        namespace=namespace,
        purpose=purpose,
        recommendations=tuple(one for one in found if not wanted or one.knob.name in wanted),
        lacking=tuple(lacking(host.knobs, purpose)) if purpose is not None else (),
    )


def _purpose(name: str | None) -> Purpose | None:
    if name is None:
        return None
    if name not in PURPOSES:
        raise MisuseError(msg("no profile {name}; there are {names}", name=name, names=", ".join(PURPOSES)))
    return PURPOSES[name]


def _knob(name: str) -> Knob:
    knob = find_knob(name)
    if knob is None or not knob.is_sysctl:
        raise MisuseError(msg("no setting {name}; estab explain --list names all", name=name))
    return knob
