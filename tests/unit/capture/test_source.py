"""Windows over files, pipes and compressed streams."""

from __future__ import annotations

import gzip
import io
import os
import pathlib
import signal
import threading
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard

from estab.capture import source as module
from estab.capture.source import BLOCK_BYTES, MappedSource, PlainStream, StreamSource, open_source
from estab.capture.stop import StopSign
from estab.errors import InputError


@pytest.fixture
def content() -> bytes:
    return bytes(range(256)) * 40_000


def all_of(source: module.Source, step: int) -> bytes:
    """The whole stream, `step` bytes dropped at a time."""
    parts = []
    position = 0
    while True:
        take = min(step, source.end - position)
        parts.append(bytes(source.data[position : position + take]))
        position += take
        if position == source.end:
            if not source.advance(position):
                return b"".join(parts)
            assert source.base == sum(map(len, parts))
            position = 0


def test_a_plain_file_is_one_window(tmp_path: pathlib.Path, content: bytes) -> None:
    path = tmp_path / "plain"
    path.write_bytes(content)
    source = open_source(path)
    assert isinstance(source, MappedSource) and source.is_file
    assert (source.end, source.plain_bytes, source.stored_bytes) == (len(content),) * 3
    assert all_of(source, 1 << 20) == content
    assert source.damage() is None
    source.close()
    assert source.end == 0


def test_a_compressed_file_is_a_stream(tmp_path: pathlib.Path, content: bytes) -> None:
    path = tmp_path / "name-says-nothing.txt"
    path.write_bytes(gzip.compress(content))
    source = open_source(path)
    assert source.is_file and source.plain_bytes is None
    assert source.end == BLOCK_BYTES
    assert all_of(source, 1 << 20) == content
    assert source.stored_bytes == path.stat().st_size
    source.close()


def test_standard_input(content: bytes) -> None:
    source = open_source("-", io.BytesIO(content))
    assert not source.is_file
    assert all_of(source, 123_457) == content
    assert source.stored_bytes == len(content)


def test_standard_input_stays_open(content: bytes) -> None:
    stdin = io.BytesIO(content)
    open_source("-", stdin).close()
    assert not stdin.closed


def test_a_pipe_by_name(tmp_path: pathlib.Path, content: bytes) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb") as pipe:
            pipe.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    source = open_source(path)
    assert not source.is_file
    assert all_of(source, 100_000) == content
    source.close()
    writer.join()


def test_what_is_needed_stays_and_the_window_grows() -> None:
    source = StreamSource("x", PlainStream(io.BytesIO(bytes(5 * BLOCK_BYTES)), own=False, is_file=True), is_file=False)
    ends = []
    while source.advance(0):
        ends.append(source.end)
    assert ends == [BLOCK_BYTES, 2 * BLOCK_BYTES, 4 * BLOCK_BYTES, 5 * BLOCK_BYTES]
    assert source.base == 0


def test_the_window_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_WINDOW_BYTES", 2 * BLOCK_BYTES)
    source = StreamSource("x", PlainStream(io.BytesIO(bytes(9 * BLOCK_BYTES)), own=False, is_file=True), is_file=False)
    while source.advance(0):
        pass
    assert source.end == 2 * BLOCK_BYTES


class Breaking(io.BytesIO):
    """A disk that fails after some bytes."""

    def read1(self, size: int | None = -1) -> bytes:
        if self.tell() >= BLOCK_BYTES:
            raise OSError(5, "Input/output error")
        return super().read1(min(size or 0, BLOCK_BYTES))


def test_an_error_while_reading_is_damage() -> None:
    source = open_source("-", Breaking(bytes(3 * BLOCK_BYTES)))
    assert source.damage() is None
    assert not source.advance(source.end)
    assert str(source.damage()) == "reading failed (Input/output error)"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.parent.exists(), "no such file"),
        (lambda path: path.mkdir(), "is a directory, not a capture"),
        (lambda path: path.touch(), "the file is empty"),
        (lambda path: path.write_bytes(gzip.compress(b"")), "the input is empty"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_line(tmp_path: pathlib.Path, make: object, reason: str) -> None:
    path = tmp_path / "input"
    make(path)  # type: ignore[operator]
    with pytest.raises(InputError) as caught:
        open_source(path)
    assert str(caught.value) == f"{path}: {reason}"
    assert caught.value.path == str(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_missing_right(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(InputError, match="permission to read it is missing"):
        open_source(path)


def test_an_empty_pipe() -> None:
    with pytest.raises(InputError, match=r"^-: the input is empty$"):
        open_source("-", io.BytesIO())


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress, lz4.frame.compress])
def test_a_pipe_gives_what_has_arrived(pack: Callable[[bytes], bytes]) -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as file, open(writer, "wb", buffering=0) as pipe:  # noqa: PTH123 - descriptors, not paths
        pipe.write(pack(bytes(100)))
        source = open_source("-", file)
        assert source.end == 100 and source.would_wait()
        pipe.write(pack(bytes(50)))
        assert not source.would_wait()
        assert source.advance(100) and source.end == 50


def test_after_a_stop_a_pipe_gives_its_last_bytes_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAST_BYTES_S", 0)
    monkeypatch.setattr(module, "MOST_LAST_BYTES", 30)
    reader, writer = os.pipe()
    stop = StopSign()
    with open(reader, "rb") as file, open(writer, "wb", buffering=0) as pipe:  # noqa: PTH123 - descriptors, not paths
        pipe.write(bytes(100))
        source = open_source("-", file, stop)
        stop.asked = True
        pipe.write(bytes(40))
        assert [source.stopped, source.advance(100), source.end] == [True, True, 30]
        assert not source.advance(30)


class LateSignal(io.RawIOBase):
    """Ctrl-C comes when the kernel has handed over the bytes of a read and the program has not taken them yet."""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        del size
        signal.raise_signal(signal.SIGINT)
        return b"x" * 100


def test_ctrl_c_loses_no_bytes_that_a_read_has_taken() -> None:
    with StopSign() as stop:
        stream = PlainStream(LateSignal(), own=False, is_file=False, stop=stop)  # type: ignore[arg-type]
        assert stop.asked is False and stream.read(100) == b"x" * 100
        assert stop.asked


def test_standard_input_is_called_so() -> None:
    assert [str(module.said_name(name)) for name in ("-", "a.pcap")] == ["standard input", "a.pcap"]


def test_peeking_takes_nothing() -> None:
    stream = PlainStream(io.BytesIO(b"abcdefgh"), own=True, is_file=True)
    assert (stream.peek(3), stream.peek(5), stream.read(4), stream.peek(100), stream.read(100)) == (
        b"abc",
        b"abcde",
        b"abcd",
        b"efgh",
        b"efgh",
    )
    assert stream.stored_bytes == 8
