"""Hostile names of streams, printed by every command that reads a stream."""

import ctypes
import io
import os
import subprocess
import threading
import uuid
from pathlib import Path

import pylsl
import pytest
from pylsl.lib import lib
from rich.table import Table

from bci.cli.console import PlainConsole, printable
from bci.recording.read import read_recording
from tests.commands import BCI, bci, refused
from tests.streams import wait_until

# Markup that closes what was never opened, an escape sequence that clears the screen, a byte
# that is not UTF-8.
HOSTILE = b"amp [/x] [bold]\x1b[2J gr\xfcn "
SHOWN = r"amp [/x] [bold]\x1b[2J grün "


@pytest.fixture
def outlet() -> pylsl.StreamOutlet:
    """Open a stream of four channels at 100 Hz, with hostile name, type and source id."""
    unique = uuid.uuid4().hex[:8].encode()
    handle = lib.lsl_create_streaminfo(
        ctypes.c_char_p(HOSTILE + unique),
        ctypes.c_char_p(b"EEG"),
        4,
        ctypes.c_double(100.0),
        pylsl.cf_float32,
        ctypes.c_char_p(b"[/id]\x1b[31m\xff" + unique),
    )
    return pylsl.StreamOutlet(pylsl.StreamInfo(handle=handle))


def assert_plain(*printed: str) -> None:
    text = "".join(printed)
    assert "Traceback" not in text
    assert "\x1b" not in text
    assert SHOWN in text


def test_streams_shows_a_hostile_name_as_it_is(outlet: pylsl.StreamOutlet) -> None:
    done = bci("streams", "--wait", "0.5")
    assert done.returncode == 0
    assert_plain(done.stdout, done.stderr)


def test_a_hostile_stream_is_recorded_and_read_back(
    outlet: pylsl.StreamOutlet, tmp_path: Path
) -> None:
    path = tmp_path / "[red]r.xdf"
    process = subprocess.Popen(
        [*BCI, "record", "--output", str(path), "--duration", "60"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(outlet.have_consumers)
    for _ in range(200):
        outlet.push_sample([1.0, 2.0, 3.0, 4.0])
    wait_until(lambda: path.exists() and path.stat().st_size > 5_000)
    process.terminate()
    printed = process.communicate(timeout=30)
    assert process.returncode == 0
    assert_plain(*printed)
    assert str(path) in printed[0]
    assert len(read_recording(path).data) == 200
    told = bci("info", path)
    assert "amp [/x] [bold]\ufffd[2J grün" in told.stdout


@pytest.mark.slow
def test_a_hostile_stream_is_watched(outlet: pylsl.StreamOutlet) -> None:
    process = subprocess.Popen(
        [*BCI, "monitor", "--stream", outlet.get_info().name()],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    stop = threading.Event()

    def feed() -> None:
        while not stop.wait(0.05):
            outlet.push_chunk([[1.0, 2.0, 3.0, 4.0]] * 5)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        assert process.stderr is not None
        first = process.stderr.readline()  # the first line on the quality of a channel
        process.terminate()
        printed = process.communicate(timeout=30)
    finally:
        stop.set()
        feeder.join()
    assert_plain(first, *printed)


def test_hostile_twins_are_listed(outlet: pylsl.StreamOutlet) -> None:
    name = outlet.get_info().name()
    twin = pylsl.StreamOutlet(pylsl.StreamInfo(name, "EEG", 4, 100.0, "float32", f"2-{name}"))
    assert twin.get_info().name() == name
    text = refused("monitor")
    assert "\x1b" not in text
    assert "several LSL streams" in text


@pytest.mark.parametrize(
    "text", ["[/x]", "[bold]a", ":smile:", "\x1b]0;title\x07", "a\nb", "\ud800"]
)
def test_texts_and_cells_are_printed_plain(text: str) -> None:
    console = PlainConsole()
    console.file = io.StringIO()
    table = Table("name")
    table.add_row(text)
    console.print(text)
    console.print(table)
    first, *_, row, _ = console.file.getvalue().splitlines()
    assert first == printable(text).replace("\n", "\\n")
    assert first in row
    assert first.isprintable()


def test_what_an_encoding_lacks_is_escaped(tmp_path: Path) -> None:
    model = tmp_path / "grün-脳"
    model.mkdir()
    (model / "card.yaml").write_text("version: none")
    done = subprocess.run(
        [*BCI, "models", "."], cwd=tmp_path, capture_output=True, timeout=60, check=False,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )  # fmt: skip
    assert done.returncode == 0
    assert b"gr\xfcn-\\u8133" in done.stdout
