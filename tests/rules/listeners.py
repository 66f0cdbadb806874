"""Connections to one listener, the way each shows whether its accept queue is full."""

from __future__ import annotations

from tests.rules.conversation import Capture, Conversation

SERVER = "10.0.0.2:8080"
CLIENT = "10.0.0.1"


def accepted(capture: Capture, times: int, client: str = CLIENT) -> None:
    """The kernel takes them, the application does not."""
    for _ in range(times):
        capture.talk(client, SERVER).open().client("PA", data=18).server("A")


def served(capture: Capture, times: int, client: str = CLIENT, server: str = SERVER) -> None:
    for _ in range(times):
        capture.talk(client, server).open().client("PA", data=18).server("PA", data=100).close()


def dropped(capture: Capture, *clients: str, syns: int = 2, server: str = SERVER) -> None:
    """Attempts of these clients at the same time, without any answer."""
    again(capture, [capture.talk(client, server).client("S") for client in clients], syns - 1)


def again(capture: Capture, talks: list[Conversation], times: int = 1) -> None:
    for _ in range(times):
        capture.wait("1s")
        for talk in talks:
            talk.client("S", again=True)


def repeated(capture: Capture, connections: int, times: int = 1) -> None:
    """Seen from the client: its ACK is not taken, and the SYN-ACK comes again."""
    talks = [capture.talk(CLIENT, SERVER).open(rtt="20ms") for _ in range(connections)]
    for _ in range(times):
        capture.wait("1s")
        for talk in talks:
            talk.server("SA", again=True).client("A")


def repeated_at_server(capture: Capture, times: int) -> None:
    talk = capture.talk(CLIENT, SERVER).client("S", ttl=57).server("SA").wait("40ms").client("A", dropped=True, ttl=57)
    for _ in range(times):
        talk.wait("1s").server("SA", again=True).wait("40ms").client("A", dropped=True, ttl=57)


def insisted(capture: Capture) -> None:
    """Data repeated in vain before the SYN-ACK comes again."""
    talk = capture.talk(CLIENT, SERVER).open(rtt="40ms").client("PA", data=18, dropped=True)
    talk.wait("200ms").client("PA", again=True, dropped=True).wait("800ms").server("SA", again=True).client("A")


def unheeded(capture: Capture, talks: list[Conversation]) -> None:
    """Data of these goes without any answer; each was sent once already."""
    for _ in range(3):
        capture.wait("300ms")
        for talk in talks:
            talk.client("PA", again=True, dropped=True)


def believing(capture: Capture, times: int) -> list[Conversation]:
    """Clients that send data as soon as they believe to be connected."""
    return [capture.talk(CLIENT, SERVER).open().client("PA", data=18, dropped=True) for _ in range(times)]


def aborted(capture: Capture, times: int) -> None:
    for _ in range(times):
        capture.talk(CLIENT, SERVER).open().server("R")
