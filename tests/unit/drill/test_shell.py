from __future__ import annotations

import pytest

from estab.drill.shell import (
    DEFAULTS,
    ExpectCounter,
    ExpectListener,
    FlushMetrics,
    MakeFile,
    MarkCounters,
    Offload,
    Queue,
    Restore,
    Route,
    SetKnob,
    Step,
    UnknownCommandError,
    understand,
)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("sysctl -q net.ipv4.tcp_ecn=1", [SetKnob("tcp_ecn", "1")]),
        ("sysctl -q net/ipv4/tcp_ecn=2 net.ipv4.tcp_sack=0", [SetKnob("tcp_ecn", "2"), SetKnob("tcp_sack", "0")]),
        ('sysctl -w net.ipv4.tcp_wmem="4096 50000 4194304"', [SetKnob("tcp_wmem", "4096 50000 4194304")]),
        (
            "../common/set_sysctls.py /proc/sys/net/ipv4/tcp_a=1 \\\n  /proc/sys/net/ipv4/tcp_b=2",
            [SetKnob("tcp_a", "1", remembered=True), SetKnob("tcp_b", "2", remembered=True)],
        ),
        ("/tmp/sysctl_restore_${PPID}.sh", [Restore()]),
        ("echo 3 > /proc/sys/net/ipv4/tcp_ecn", [SetKnob("tcp_ecn", "3")]),
        ("echo 3 > /sys/module/tcp_cubic/parameters/hystart_detect", [SetKnob("hystart_detect", "3")]),
        ("ip tcp_metrics flush all > /dev/null 2>&1", [FlushMetrics()]),
        ("ip route change 1.2.3.4 via 1.2.3.5 dev tun0 advmss 600 mtu lock 640 initcwnd 11", [Route(640, 600, 11)]),
        ("tc qdisc replace dev tun0 root fq", [Queue(None, paced=True)]),
        ("tc qdisc delete dev tun0 root 2>/dev/null ; tc qdisc add dev tun0 root pfifo limit 0", [Queue(None), Queue(0)]),
        ("ethtool -K tun0 tso off gso off", [Offload(False)]),
        ("ethtool -K tun0 tso on", [Offload(True)]),
        ("nstat > /dev/null", [MarkCounters()]),
        ("nstat | grep TcpExtX > /dev/null", [ExpectCounter("TcpExtX")]),
        ('grep " 0A " /proc/net/tcp /proc/net/tcp6 | grep ":1F90"', [ExpectListener()]),
        ("/bin/rm -f /tmp/x\n/bin/dd bs=2 count=5 if=/dev/zero of=/tmp/x status=none", [MakeFile("/tmp/x", 10)]),
        ("# nothing\n\ntrue && sleep 1", []),
    ],
)
def test_steps(text: str, steps: list[Step]) -> None:
    assert list(understand(text)) == steps


def test_the_defaults_of_the_suite() -> None:
    first, *knobs = understand("../../common/defaults.sh")
    assert first == FlushMetrics()
    assert [(knob.name, knob.value) for knob in knobs if isinstance(knob, SetKnob)] == list(DEFAULTS)


@pytest.mark.parametrize(
    "text",
    [
        "reboot",
        "sysctl net.ipv4.tcp_ecn",
        "ip link set lo up",
        "dd if=/etc/passwd of=/tmp/x count=1",
        "echo 1 > /etc/x",
        'grep "x',
        "tc filter",
    ],
)
def test_what_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(UnknownCommandError):
        understand(text)
