"""A process that lives in a network namespace and does what it is told: one Python statement or expression a line, one answer a line.

It is started with a name of its own, so that findings can be asked for the right owner, and ends when its standard input does.
"""

# mypy: ignore-errors
import ast
import contextlib
import ctypes
import json
import pathlib
import socket
import struct
import sys
import time

PR_SET_PDEATHSIG, PR_SET_NAME, SIGKILL = 1, 15, 9
CLONE_NEWNET = 0x40000000

TCP_SYNCNT, TCP_DEFER_ACCEPT, TCP_USER_TIMEOUT, TCP_REPAIR = 7, 9, 18, 19


def listen(port=80, backlog=16, address="0.0.0.0", *options):
    """A listener."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for option in options:
        made.setsockopt(*option)
    made.bind((address, port))
    made.listen(backlog)
    return made


def dial(address, port=80, *options, bind=None, wait=True):
    """A connection that was opened here; with `wait=False` the attempt goes on by itself."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    for option in options:
        made.setsockopt(*option)
    if bind is not None:
        made.bind(bind)
    made.settimeout(4)
    if not wait:
        made.setblocking(False)
        made.connect_ex((address, port))
        return made
    made.connect((address, port))
    return made


def attempt(address, port=80, *options, seconds=3):
    """The error number of connect(), 0 where it succeeded."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    made.settimeout(seconds)
    for option in options:
        made.setsockopt(*option)
    try:
        made.connect((address, port))
        return 0
    except TimeoutError:
        return -1
    except OSError as problem:
        return problem.errno
    finally:
        made.close()


def say(made, data):
    """Writes, where the connection has come about."""
    with contextlib.suppress(OSError):
        made.send(data)


def fill(made, seconds=1.0, chunk=b"z" * 65536):
    """Writes until nothing is taken any more, or the time is over; how much was taken."""
    made.setblocking(False)
    sent, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            sent += made.send(chunk)
        except BlockingIOError:
            time.sleep(0.02)
    return sent


def drain(made, count, seconds=4.0):
    """Reads so many bytes, or until the time is over; how many came."""
    made.settimeout(0.3)
    got, end = 0, time.monotonic() + seconds
    while got < count and time.monotonic() < end:
        try:
            piece = made.recv(1 << 20)
        except TimeoutError:
            continue
        if not piece:
            break
        got += len(piece)
    return got


def pour(all_made, seconds=1.0, chunk=b"z" * 16384, pause=0.002):
    """Writes to all of them in turn for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for made in all_made:
            made.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                made.send(chunk)
        time.sleep(pause)


def soak(all_made, seconds=1.0, pause=0.002, most=1 << 20):
    """Reads from all of them in turn for so long; how much came."""
    got, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for made in all_made:
            made.setblocking(False)
            with contextlib.suppress(OSError):
                got += len(made.recv(most))
        time.sleep(pause)
    return got


def serve(listener, seconds=2.0, answer=b"r" * 200, request=None, delay=0.0):
    """Accepts, and answers whatever is asked (or each `request` bytes) on all connections, for so long; how many answers."""
    import select

    poll, known, answers, end = select.epoll(), {}, 0, time.monotonic() + seconds
    listener.setblocking(False)
    poll.register(listener, select.EPOLLIN)
    waiting = {}
    while time.monotonic() < end:
        for descriptor, _ in poll.poll(0.05):
            if descriptor == listener.fileno():
                try:
                    made = listener.accept()[0]
                except BlockingIOError:
                    continue
                made.setblocking(False)
                known[made.fileno()] = made
                poll.register(made, select.EPOLLIN)
                continue
            made = known[descriptor]
            try:
                data = made.recv(65536)
            except OSError:
                data = b""
            if not data:
                poll.unregister(made)
                known.pop(descriptor).close()
                continue
            waiting[descriptor] = waiting.get(descriptor, 0) + len(data)
            while waiting[descriptor] >= (request or 1):
                waiting[descriptor] = waiting[descriptor] - request if request else 0
                if delay:
                    time.sleep(delay)
                made.send(answer)
                answers += 1
    globals()["served"] = known
    return answers


def linger0(made):
    """Closes with RST."""
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    made.close()


def main():
    """Obeys, line by line."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NAME, sys.argv[1].encode(), 0, 0, 0)
    if len(sys.argv) > 2:
        with pathlib.Path(f"/proc/{sys.argv[2]}/ns/net").open() as beside:
            done = libc.setns(beside.fileno(), CLONE_NEWNET)
    else:
        done = libc.unshare(CLONE_NEWNET)
    if done != 0:
        raise OSError(ctypes.get_errno(), "network namespace")
    names = dict(globals())
    print(json.dumps({"ok": "ready"}), flush=True)
    for line in sys.stdin:
        text = json.loads(line)
        try:
            tree = ast.parse(text)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "told", "exec"), names)
            value = eval(compile(ast.Expression(last.value), "told", "eval"), names) if last is not None else None
            answer = {"ok": value if isinstance(value, (int, float, str, list, tuple, dict, type(None))) else repr(value)}
        except Exception as problem:  # noqa: BLE001 - told to whoever asked
            answer = {"failed": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(answer, default=repr), flush=True)


if __name__ == "__main__":
    main()
