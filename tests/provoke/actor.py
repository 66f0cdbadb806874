"""A process that lives in a network namespace and does what it is told: one Python statement or expression a line, one answer a line.

It is started with a name of its own, so that findings can be asked for the right owner, and ends when its standard input does.
"""

import ast
import ctypes
import json
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
        with open(f"/proc/{sys.argv[2]}/ns/net") as beside:
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
        except BaseException as problem:
            answer = {"failed": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(answer, default=repr), flush=True)


if __name__ == "__main__":
    main()
