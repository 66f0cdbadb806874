"""The passive use of the state machine: from packets to the states of both endpoints of every connection."""

from estab.track.connections import Connections
from estab.track.tracker import Tracker

__all__ = ["Connections", "Tracker"]
