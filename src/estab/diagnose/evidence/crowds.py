"""Connections that share a number with many others: one client's to one listener, one host's, one port's."""

from __future__ import annotations

import numpy as np

from estab.diagnose.facts import Column, Facts, Mask


def crowded(numbers: Column, mask: Mask, least: int) -> Mask:
    """The masked connections whose number is shared by at least so many of them."""
    if not mask.any():
        return mask
    counts = np.bincount(numbers[mask], minlength=int(numbers.max()) + 1)
    return np.asarray(mask & (counts[numbers] >= least))


def pair_numbers(facts: Facts) -> Column:
    """A number for each connection, equal for those from one client address to one server address and port."""
    keys = facts.connections.client_address_group * np.int64(facts.count + 1) + facts.connections.server_group
    return np.asarray(np.unique(keys, return_inverse=True)[1].reshape(-1))
