"""Listeners that fail, or that should not be there: the pages of `listen.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="listen.wrong_address",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("The service listens, but on another address"),
        what=msg("A LISTEN exists for the port, bound to 127.0.0.1 only, to one interface, or to [::] with IPV6_V6ONLY."),
        why=msg("Works locally and is refused from outside, or the reverse; or ::1 is refused and 127.0.0.1 works."),
        live=(msg("ss -ltn: the local address of the listener against the address that clients use; a dual-stack listener shows *:port."),),
        alike=(Alike("handshake.refused", msg("No LISTEN for that port at all.")),),
        do=(
            Step(Place.APPLICATION, msg("Bind the address that is meant.")),
            Step(Place.APPLICATION, msg("Let clients try both families (Happy Eyeballs).")),
            Step(Place.KERNEL, msg("net.ipv6.bindv6only sets the default of new sockets.")),
        ),
        caution=msg("Do not bind 0.0.0.0 before somebody has decided about the firewall."),
        states=("LISTEN",),
        knobs=("bindv6only",),
        references=("RFC 3493 §5.3", "RFC 9293 §3.10.1"),
    ),
    CodePage(
        code="listen.address_in_use",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("The service cannot bind after a restart"),
        what=msg(
            "bind() fails with EADDRINUSE (98) although nobody listens: old connections of that port are in TIME-WAIT, "
            "FIN-WAIT-2 or CLOSE-WAIT."
        ),
        why=msg("The restart fails for up to a minute, or until the old connections are closed."),
        live=(
            msg(
                "Connections with that local port and no LISTEN. Old and new listener both need SO_REUSEADDR: the measured "
                "pairs (old, new) gave (0,0) 98, (0,1) 98, (1,0) 98, (1,1) success."
            ),
        ),
        alike=(Alike("ports.clash_with_listener", msg("An outgoing connection uses the port; SO_REUSEADDR does not help.")),),
        do=(Step(Place.APPLICATION, msg("Set SO_REUSEADDR before bind() in every server. It helps from the second restart on.")),),
        caution=msg(
            "SO_REUSEPORT as a cure lets another process of the same user take traffic. A second living listener gives 98 "
            "with SO_REUSEADDR as well."
        ),
        states=("TIME-WAIT", "FIN-WAIT-2", "CLOSE-WAIT", "LISTEN"),
        knobs=("SO_REUSEADDR", "SO_REUSEPORT"),
        references=("socket(7)", "net/ipv4/inet_connection_sock.c"),
    ),
    CodePage(
        code="listen.privileged_port",
        severity=Severity.INFO,
        seen_from=SeenFrom.LIVE,
        title=msg("The port needs a privilege"),
        what=msg("bind() fails with EACCES (13) for a port below net.ipv4.ip_unprivileged_port_start (1024) without CAP_NET_BIND_SERVICE."),
        why=msg("The service does not start."),
        live=(msg("The port, the sysctl and the capabilities of the process."),),
        alike=(Alike("listen.address_in_use", msg("There the error is EADDRINUSE (98).")),),
        do=(
            Step(Place.APPLICATION, msg("Socket activation, or CAP_NET_BIND_SERVICE for that program only.")),
            Step(Place.KERNEL, msg("Lower net.ipv4.ip_unprivileged_port_start in that namespace.")),
        ),
        caution=msg("Do not run the service as root for this."),
        states=("LISTEN",),
        knobs=("ip_unprivileged_port_start",),
        references=("ip-sysctl: ip_unprivileged_port_start", "capabilities(7)"),
    ),
    CodePage(
        code="listen.unexpected",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("A listener that nobody expects"),
        what=msg(
            "A LISTEN that is not in the baseline, or that looks odd: bound to all addresses, its program deleted or in "
            "/tmp, or without a visible process."
        ),
        why=msg("Often a forgotten debug port; sometimes a back door."),
        live=(msg("Address scope, owner, path of the program, user; a socket inode without a visible process."),),
        alike=(Alike("", msg("Socket activation by pid 1 and listeners of the kernel itself (NFS callback, rpc) are normal.")),),
        do=(Step(Place.APPLICATION, msg("A person looks first; then stop the program or filter the port.")),),
        caution=msg("This is evidence, not a verdict."),
        states=("LISTEN",),
        references=("RFC 9293 §3.10.1",),
    ),
    CodePage(
        code="listen.closed_with_pending",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A listener closed while connections were waiting"),
        what=msg(
            "When a listener closes, every connection in its accept queue gets RST. In a SO_REUSEPORT group the queue of "
            "the one that closed is lost."
        ),
        why=msg(
            "Clients that were already connected get ECONNRESET at each restart: 3 of 3 measured; closing one of four "
            "grouped listeners reset 15 of 40."
        ),
        live=(msg("Tcp.OutRsts jumps at the moment the listener goes away."),),
        capture=(msg("Full handshakes, then RST from the server without any data, all at one instant."),),
        alike=(Alike("handshake.abort_on_overflow", msg("There the listener lives and its queue is full.")),),
        do=(
            Step(Place.APPLICATION, msg("Take the server out of the balancer, drain the accept queue, then close.")),
            Step(Place.KERNEL, msg("For SO_REUSEPORT groups: tcp_migrate_req=1 (Linux 5.14 and later, default 0).")),
        ),
        states=("LISTEN", "ESTABLISHED"),
        knobs=("tcp_migrate_req", "SO_REUSEPORT"),
        references=("ip-sysctl: tcp_migrate_req", "net/ipv4/inet_connection_sock.c"),
    ),
)
