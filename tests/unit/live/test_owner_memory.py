"""Owners that are remembered."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection

from estab.live.owner_memory import OwnerMemory
from estab.live.owners import Holders


def test_a_socket_of_this_process_is_found_and_asked_for_once() -> None:
    searches: list[set[int]] = []

    def search(wanted: Collection[int]) -> Holders:
        searches.append(set(wanted))
        holders = Holders()
        holders.by_inode = {inode: [(os.getpid(), 3)] for inode in wanted if inode == 7}
        return holders

    memory = OwnerMemory(0, search=search, patience=2)
    for _ in range(4):
        found = memory.owners_of([7, 8, 0])
        assert [owner.pid for owner in found[7]] == [os.getpid()] and 8 not in found
    assert searches == [{7, 8}, {8}]  # the one that nobody held is looked for again, after a while


def test_the_real_search_finds_a_real_socket() -> None:
    with socket.socket() as one:
        inode = os.fstat(one.fileno()).st_ino
        owner = OwnerMemory(0).owners_of([inode])[inode][0]
        assert (owner.pid, owner.descriptor) == (os.getpid(), one.fileno())
