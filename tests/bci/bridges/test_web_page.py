"""The web page of the bridge websocket in a real browser, and its signal."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from bci.bridges.web_signal import Extremes, choose_channels
from bci.bridges.websocket import WebSocketBridge, WebSocketSettings
from bci.lsl.device_stream import stream_device
from bci.signals import Channel, Chunk, StreamInfo
from devices.simulated.simulator import SimulatorDevice, SimulatorSettings
from tests.bci.bridges.chromium import Browser
from tests.bci.bridges.published import Published
from tests.bci.bridges.receivers import free_port, running
from tests.signals import eeg_info
from tests.streams import find, wait_until

ROOT = Path(__file__).parents[3]
HOSTILE = "<img src=x onerror=document.title='run'>"


@contextmanager
def simulator(name: str) -> Iterator[None]:
    stop = threading.Event()
    device = SimulatorDevice(SimulatorSettings(name=name, channels=8))
    streaming = threading.Thread(target=stream_device, args=(device, stop))
    streaming.start()
    try:
        find(name)
        yield
    finally:
        stop.set()
        streaming.join(10)


@pytest.mark.slow
def test_page_shows_the_engine_live_and_runs_nothing_that_a_name_contains(
    tmp_path: Path,
) -> None:
    port = free_port()
    settings = WebSocketSettings(engine="page-engine", port=port, channels=("C3", "Cz"))
    with (
        simulator("page-simulator"), Published("page-engine", ("left", HOSTILE)) as engine,
        running(WebSocketBridge(settings)), Browser() as browser,
    ):  # fmt: skip
        engine.wait_for_bridge()
        engine.keep_reporting(stream="page-simulator", latency_p50_ms=4.25, lost_samples=1234)
        browser.open(f"http://localhost:{port}/")
        wait_until(lambda: browser.text("state") == "running")
        engine.decide("left", 0.75)
        engine.predict(0.75, 0.25, decided="left")
        wait_until(lambda: browser.text("decided") == "left")
        wait_until(lambda: "0.75" in browser.text("bars"))
        assert HOSTILE in browser.text("bars")
        wait_until(lambda: browser.text("p50") == browser.run("(4.25).toFixed(1)") + " ms")
        assert browser.text("lost") == "1,234"
        assert browser.text("simulated") == "simulated signal"
        assert "confidence 0.75" in browser.text("since")
        engine.decide(HOSTILE)
        wait_until(lambda: browser.text("decided") == HOSTILE)
        assert HOSTILE in browser.text("history")
        wait_until(lambda: "page-simulator" in browser.text("scope-about"))
        assert "1-40 Hz" in browser.text("scope-about")
        wait_until(lambda: "8 good" in browser.text("counts"))
        # Traces are drawn, by the count of pixels in their colour.
        wait_until(lambda: browser.run(DRAWN) > 100)
        assert browser.run("document.title") == "simulated: page-engine"
        engine.decide(None)
        wait_until(lambda: browser.text("since") == "Nothing is decided.")
        # The page cannot reach another address, even if its script tries.
        assert browser.run("fetch('http://127.0.0.1:1/').then(() => 'sent', () => 'refused')") == (
            "refused"
        )
        assert all("Content Security Policy" in each for each in browser.said), browser.said
        browser.screenshot(tmp_path / "page.png")
        assert (tmp_path / "page.png").stat().st_size > 10_000


DRAWN = """(() => {
    const canvas = document.getElementById('scope');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let n = 0;
    for (let k = 0; k < data.length; k += 4) n += data[k + 2] > data[k] + 60 && data[k + 3] > 0;
    return n;
})()"""


@pytest.mark.slow
def test_page_connects_again_and_neither_loses_nor_repeats_a_decision() -> None:
    port = free_port()
    settings = WebSocketSettings(engine="again-engine", port=port, signal=False)
    with (
        Published("again-engine", simulated=False) as engine, running(WebSocketBridge(settings)),
        Browser(dark=True) as browser,
    ):  # fmt: skip
        engine.wait_for_bridge()
        engine.keep_reporting()
        browser.open(f"http://localhost:{port}/")
        wait_until(lambda: browser.text("state") == "running")
        engine.decide("left")
        wait_until(lambda: browser.text("decided") == "left")
        # The connection breaks as with a lost network.
        browser.run("socket.close()")
        engine.decide("right")
        wait_until(lambda: browser.text("history").count("right") == 1)
        engine.decide(None)
        wait_until(lambda: "end of right" in browser.text("history"))
        lines = [line for line in browser.text("history").split("\n") if ":" not in line]
        assert [line for line in lines if line != "while away"] == ["end of right", "right", "left"]
        assert browser.run("document.getElementById('simulated').hidden") is True
        engine.close()
        wait_until(lambda: browser.text("state") == "engine lost")


@pytest.mark.slow
def test_page_in_the_documentation_is_steered_by_decisions(tmp_path: Path) -> None:
    page = (ROOT / "docs/connect/bridges.md").read_text(encoding="utf-8").split("```html\n")[1]
    port, own_port = free_port(), free_port()
    page = page.partition("```")[0].replace("localhost:8765", f"localhost:{port}")
    assert len(page.splitlines()) <= 40
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    origin = f"http://localhost:{own_port}"
    settings = WebSocketSettings(engine="docs-engine", port=port, signal=False, origins=(origin,))
    with (
        Published("docs-engine") as engine, running(WebSocketBridge(settings)),
        files_at(tmp_path, own_port), Browser() as browser,
    ):  # fmt: skip
        engine.wait_for_bridge()
        engine.keep_reporting()
        browser.open(f"{origin}/")
        wait_until(lambda: browser.text("note") == "running, simulated signal")
        engine.decide("left")
        wait_until(lambda: browser.run("at") < 45)
        engine.decide(None)
        wait_until(lambda: browser.run("decided") is None)
        assert all("favicon.ico" in each for each in browser.said), browser.said


@contextmanager
def files_at(folder: Path, port: int) -> Iterator[None]:
    """Serve a folder, as ``python -m http.server`` does."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield
        finally:
            server.shutdown()
            serving.join()


def test_extremes_hold_every_sample_and_begin_again_after_a_gap() -> None:
    info = eeg_info(4, 250.0)
    extremes = Extremes(info, [0, 2])
    assert extremes.rate_hz == 50.0
    rng = np.random.default_rng(1)
    data = rng.normal(0, 10, (2000, 4)).astype(np.float32) + 5000
    whole = Extremes(info, [0, 2]).push(Chunk(data, np.arange(2000) / 250, 0))
    parts = [
        extremes.push(Chunk(data[k : k + 7], np.arange(k, min(k + 7, 2000)) / 250, k))
        for k in range(0, 2000, 7)
    ]
    low = np.concatenate([part[0] for part in parts])
    high = np.concatenate([part[1] for part in parts])
    np.testing.assert_array_equal(low, whole[0])
    np.testing.assert_array_equal(high, whole[1])
    assert (low <= high).all()
    # The offset of the electrodes is filtered out before the signal is shown.
    assert np.abs(high).max() < 100
    after = extremes.push(Chunk(data[:50], np.arange(50) / 250, 3000))
    assert len(after[0]) == 0


def test_channel_without_numbers_leaves_a_hole_in_its_trace_alone() -> None:
    extremes = Extremes(eeg_info(2, 250.0), [0, 1])
    rng = np.random.default_rng(1)
    data = rng.normal(0, 10, (2000, 2)).astype(np.float32)
    data[1000:1100, 1] = np.nan
    low, high = extremes.push(Chunk(data, np.arange(2000) / 250, 0))
    assert np.isfinite(low[:, 0]).all()
    assert np.isnan(low[:, 1]).sum() == np.isnan(high[:, 1]).sum() == 20


def test_channels_of_the_page_are_those_asked_for_else_the_first() -> None:
    names = ("Fp1", "C3", "Cz", "C4", "O1", "O2")
    info = StreamInfo("amp", "EEG", 250.0, tuple(Channel(name) for name in names))
    assert choose_channels(info, ("Cz", "none", "C3")) == [2, 1]
    assert choose_channels(info, ("none",)) == [0, 1, 2, 3]
    assert choose_channels(info, ()) == [0, 1, 2, 3]
