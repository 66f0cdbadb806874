"""Options of sockets: what the kernel takes and what it gives back."""

from __future__ import annotations

import errno

import pytest

from estab.engine.socket_options import (
    DEFAULT_CONFIG,
    CallError,
    SocketOption,
    Value,
    changed,
    current,
    retries_to_seconds,
    seconds_to_retries,
)
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values

LINUX = profile_values(Profile.LINUX)


def set_then_get(option: SocketOption, value: Value) -> Value | None:
    return current(changed(DEFAULT_CONFIG, option, value, LINUX), option, LINUX)


@pytest.mark.parametrize(
    ("option", "value", "back"),
    [
        (SocketOption.REUSEADDR, 5, 1),
        (SocketOption.REUSEPORT, 1, 1),
        (SocketOption.KEEPALIVE, 1, 1),
        (SocketOption.LINGER, (1, 0), (1, 0)),
        (SocketOption.RCVBUF, 10_000, 20_000),
        (SocketOption.RCVBUF, 1, 2304),
        (SocketOption.RCVBUF, 1_000_000_000, 425_984),
        (SocketOption.SNDBUF, 10_000, 20_000),
        (SocketOption.SNDBUF, 1, 4608),
        (SocketOption.KEEPIDLE, 7, 7),
        (SocketOption.KEEPCNT, 127, 127),
        (SocketOption.USER_TIMEOUT, 5000, 5000),
        (SocketOption.SYNCNT, 2, 2),
        (SocketOption.LINGER2, -5, -1),
        (SocketOption.LINGER2, 300, 120),
        (SocketOption.LINGER2, 0, 60),
        (SocketOption.DEFER_ACCEPT, 5, 7),
        (SocketOption.CONGESTION, "reno", "reno"),
        (SocketOption.NOTSENT_LOWAT, 16_384, 16_384),
        (SocketOption.BIND_ADDRESS_NO_PORT, 1, 1),
        (SocketOption.FASTOPEN, 16, 16),
        (SocketOption.FASTOPEN_KEY, b"k" * 16, b"k" * 16),
    ],
)
def test_what_is_set_comes_back_as_the_kernel_gives_it(option: SocketOption, value: Value, back: Value) -> None:
    assert set_then_get(option, value) == back


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        (SocketOption.KEEPIDLE, 0, errno.EINVAL),
        (SocketOption.KEEPIDLE, 32_768, errno.EINVAL),
        (SocketOption.KEEPCNT, 128, errno.EINVAL),
        (SocketOption.SYNCNT, 0, errno.EINVAL),
        (SocketOption.USER_TIMEOUT, -1, errno.EINVAL),
        (SocketOption.MAXSEG, 87, errno.EINVAL),
        (SocketOption.MAXSEG, 32_768, errno.EINVAL),
        (SocketOption.CONGESTION, "nosuch", errno.ENOENT),
        (SocketOption.FASTOPEN_CONNECT, 2, errno.EINVAL),
        (SocketOption.LINGER, 1, errno.EINVAL),
        (SocketOption.REUSEADDR, "yes", errno.EINVAL),
        (SocketOption.ERROR, 1, errno.ENOPROTOOPT),
        (SocketOption.INFO, 1, errno.ENOPROTOOPT),
        (SocketOption.FASTOPEN_KEY, b"k" * 15, errno.EINVAL),
        (SocketOption.FASTOPEN_KEY, 1, errno.EINVAL),
    ],
)
def test_what_the_kernel_refuses_is_refused_with_its_errno(option: SocketOption, value: Value, code: int) -> None:
    with pytest.raises(CallError) as caught:
        set_then_get(option, value)
    assert caught.value.errno == code


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (SocketOption.KEEPIDLE, 7200),
        (SocketOption.KEEPINTVL, 75),
        (SocketOption.KEEPCNT, 9),
        (SocketOption.SYNCNT, 6),
        (SocketOption.LINGER2, 60),
        (SocketOption.CONGESTION, "cubic"),
        (SocketOption.LINGER, (0, 0)),
        (SocketOption.REUSEADDR, 0),
        (SocketOption.RCVBUF, None),
    ],
)
def test_without_being_set_an_option_is_as_the_knob_says(option: SocketOption, value: Value | None) -> None:
    assert current(DEFAULT_CONFIG, option, LINUX) == value


def test_linger_off_or_with_time_is_no_abort() -> None:
    assert changed(DEFAULT_CONFIG, SocketOption.LINGER, (1, 0), LINUX).settings.linger_s == 0
    assert changed(DEFAULT_CONFIG, SocketOption.LINGER, (1, 5), LINUX).settings.linger_s == 5
    assert changed(DEFAULT_CONFIG, SocketOption.LINGER, (0, 0), LINUX).settings.linger_s is None


def test_seconds_of_defer_accept_are_rounded_up_to_whole_timeouts_and_never_run_away() -> None:
    assert [retries_to_seconds(seconds_to_retries(seconds)) for seconds in (1, 2, 5, 60, 130)] == [1, 3, 7, 63, 247]
    assert seconds_to_retries(1 << 30) == 255


def test_only_what_is_read_cannot_be_set() -> None:
    refused = set()
    for option in SocketOption:
        try:
            changed(DEFAULT_CONFIG, option, 1, LINUX)
        except CallError as error:
            if error.errno == errno.ENOPROTOOPT:
                refused.add(option)
    assert refused == {SocketOption.ERROR, SocketOption.INFO, SocketOption.ACCEPTCONN}
