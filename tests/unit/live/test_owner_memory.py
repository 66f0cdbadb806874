"""Owners that are remembered."""

from __future__ import annotations

import os
import socket

import numpy as np

from estab.live.holders import Holders
from estab.live.owner_memory import OwnerMemory


def test_a_socket_of_this_process_is_found_and_asked_for_once() -> None:
    searches = 0

    def search() -> Holders:
        nonlocal searches
        searches += 1
        return Holders(inodes=np.array([7]), pids=np.array([os.getpid()]), descriptors=np.array([3]), open_files={})

    memory = OwnerMemory(0, search=search, patience=2)
    for _ in range(4):
        found = memory.owners_of([7, 8, 0])
        assert [owner.pid for owner in found[7]] == [os.getpid()] and 8 not in found
    assert searches == 2  # the one that nobody held is looked for again, after a while


def test_the_real_search_finds_a_real_socket() -> None:
    with socket.socket() as one:
        inode = os.fstat(one.fileno()).st_ino
        owner = OwnerMemory(0).owners_of([inode])[inode][0]
        assert (owner.pid, owner.descriptor) == (os.getpid(), one.fileno())
