from __future__ import annotations

from estab.diagnose.evidence.host_losses import data_again, repeats_by_peer
from tests.host_rules.snapshots import Case, facts_of, opened


def test_syns_do_not_count_and_what_the_peer_had_twice_was_not_lost() -> None:
    after = [
        opened(0, data_segs_out=200, total_retrans=20, bytes_retrans=20_000, dsack_dups=5),
        opened(1, data_segs_out=100, total_retrans=2),  # its SYN
        opened(2, remote="10.0.0.8:443", data_segs_out=50, total_retrans=30, bytes_retrans=9_000),
    ]
    facts = facts_of(Case(code="a.b", name="x", severity=None, after=after))
    assert data_again(facts).tolist() == [20, 0, 30]
    worst, other = repeats_by_peer(facts, ())
    assert (worst.group.endpoint.address, worst.sent, worst.again, worst.lost, worst.rate) == ("10.0.0.8", 50, 30, 30, 0.6)
    assert (other.sent, other.again, other.needless, other.lost) == (300, 20, 5, 15) and other.group.rows.tolist() == [0]
