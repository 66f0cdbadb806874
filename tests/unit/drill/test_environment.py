from __future__ import annotations

import pytest

from estab.drill.environment import key_of
from estab.drill.shell import UnknownCommandError
from tests.unit.drill.playing import CONNECTED, LISTENING, failure, passes, unusable

SYN = "   +0 < S 0:0(0) win 65535 <mss 1000,sackOK>\n"


def test_knobs_change_in_the_middle_and_come_back() -> None:
    passes(
        f"""{LISTENING}
   +0 `set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0`
{SYN}   +0 > S. 0:0(0) ack 1 <mss 1460>
   +0 `/tmp/sysctl_restore_1.sh`
   +0 listen(3, 1) = 0
{SYN}   +0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK>
"""
    )


def test_settings_of_what_the_engine_does_not_have_are_accepted() -> None:
    passes(f"{CONNECTED}\n +0 `sysctl -q net.ipv4.tcp_min_tso_segs=2`\n +0 `ethtool -K tun0 gso off tso off`")


def test_a_value_that_no_kernel_takes() -> None:
    assert "tcp_sack" in unusable("0 `sysctl -q net.ipv4.tcp_sack=x`")


def test_counters_are_marked_and_asked() -> None:
    segments = f"{CONNECTED}\n +0 `nstat`\n +0 < P. 1:2(1) ack 1 win 9\n * > . 1:1(0) ack 2\n"
    passes(f"{segments} +0 `nstat | grep Tcp.InSegs`")
    found = failure(f"{segments} +0 `nstat | grep TcpExtListenOverflows`")
    assert (str(found.reason), found.actual) == ("TcpExt.ListenOverflows has not grown", "0")


def test_a_listener_is_asked_for() -> None:
    ask = '+0 `grep " 0A " /proc/net/tcp`'
    passes(f"{LISTENING} {ask}")
    assert failure(f"{LISTENING} +0 close(3) = 0\n {ask}").expected == "LISTEN"


def test_a_device_that_takes_nothing() -> None:
    passes(f"--no_surprises\n{CONNECTED}\n +0 `tc qdisc replace dev tun0 root pfifo limit 0`\n +0 write(4, ..., 10) = 10")


def test_routes_are_not_there() -> None:
    assert "routes" in unusable("0 `ip route change 192.0.2.1 dev tun0 mtu lock 600`")


def test_keys() -> None:
    assert key_of("a0bf63f7-ed803d81-cd641d30-cebc4a90").hex() == "f763bfa0813d80ed301d64cd904abcce"
    for wrong in ("", "1-2-3", "1-2-3-x", "1-2-3-123456789"):
        with pytest.raises(UnknownCommandError):
            key_of(wrong)
