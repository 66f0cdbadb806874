"""What to do, and what not, about `listen.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, sysctl
from estab.diagnose.finding import DoNot
from estab.text import msg

WRONG_ADDRESS = Advice(
    remedy=(
        application(msg("Bind the address that is meant.")),
        application(msg("Let clients try both families (Happy Eyeballs).")),
    ),
    do_not=(DoNot(msg("bind 0.0.0.0 before somebody has decided about the firewall")),),
)

ADDRESS_IN_USE = Advice(
    remedy=(application(msg("Set SO_REUSEADDR before bind() in every server. It helps from the second restart on.")),),
    do_not=(DoNot(msg("set SO_REUSEPORT instead: another process of the same user can then take traffic")),),
)

UNEXPECTED = Advice(
    remedy=(application(msg("A person looks first; then stop the program or filter the port.")),),
)

CLOSED_WITH_PENDING = Advice(
    remedy=(
        application(msg("Take the server out of the balancer, drain the accept queue, then close.")),
        sysctl(
            "tcp_migrate_req",
            1,
            msg("For SO_REUSEPORT groups: connections that wait move to another listener."),
            valid="Linux >= 5.14",
            expect="TcpExt.TCPMigrateReqFailure",
        ),
    ),
)
