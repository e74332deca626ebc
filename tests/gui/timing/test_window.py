"""The timing lab with real streams: a simulated diode that follows the markers."""

import threading
import uuid
from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from pylsl import local_clock
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from bci.lsl.device_stream import stream_device
from bci.lsl.outlet import SignalOutlet
from bci.signals import Channel, Chunk, StreamInfo
from bci.stimulus.flashes import Flashes
from bci.stimulus.sensor import SensorChoice
from devices.simulated.simulator import SimulatorDevice, SimulatorSettings
from gui.timing import measurement
from gui.timing.measurement import STREAM, TimingMeasurement
from gui.timing.window import TimingWindow


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorDevice]:
    """Run a live simulator with a photodiode."""
    device = SimulatorDevice(
        SimulatorSettings(
            name=f"lab-{uuid.uuid4().hex[:8]}", channels=2, sfreq=1000.0, cues=STREAM,
            diode=True, diode_delay_s=0.0231, diode_jitter_s=0.0015,
        )
    )  # fmt: skip
    stop = threading.Event()
    streaming = threading.Thread(target=stream_device, args=(device, stop))
    streaming.start()
    yield device
    stop.set()
    streaming.join(5)
    assert not streaming.is_alive()


@pytest.mark.serial
def test_measuring_finds_the_simulated_diode_s_delay_and_copies_the_lines(
    qtbot: QtBot, simulator: SimulatorDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The samples of this process are not late.
    monkeypatch.setattr(measurement, "_LATE_S", 0.3)
    name = simulator.describe()[0].name
    window = TimingWindow(lambda: date(2026, 11, 29))
    qtbot.addWidget(window)
    window.full_screen = False
    window.make_flashes = lambda _n: Flashes(12, interval_s=(0.14, 0.22))
    window.bring()
    qtbot.waitUntil(lambda: window.choice == SensorChoice(name, "diode"), timeout=20_000)
    window.start_button.click()
    made = window.measurement
    assert made is not None
    qtbot.waitUntil(lambda: "press Space" in window.state.text(), timeout=20_000)
    made.presenter.key_pressed.emit(Qt.Key.Key_Space.value, " ")
    qtbot.waitUntil(lambda: window.measurement is None, timeout=30_000)
    report, diode = window.report, simulator.diode
    assert report is not None, window.banner.text.text()
    assert diode is not None
    delays = np.array(diode.delays)
    assert (report.figures.n, report.figures.missed, len(delays)) == (12, 0, 12)
    assert report.figures.offset_s == pytest.approx(float(np.median(delays)), abs=0.001)
    assert report.figures.sd_s == pytest.approx(delays.std(ddof=1), rel=0.10)
    assert window.badge.isVisible()
    assert len(window.histogram.csv().splitlines()) == 13
    window.copy_button.click()
    offset_s = report.stimulus(date(2026, 11, 29)).offset_s
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(f"stimulus: {{offset_s: {offset_s:.4f}, spread_s: 0.00")
    window.close()


def test_sensor_without_that_channel_is_reported_in_a_sentence(
    qtbot: QtBot, simulator: SimulatorDevice
) -> None:
    name = simulator.describe()[0].name
    screen = QGuiApplication.primaryScreen()
    made = TimingMeasurement(SensorChoice(name, "nose"), screen, Flashes(12), at_once=True)
    failures: list[str] = []
    made.failed.connect(failures.append)
    made.start(full_screen=False)
    qtbot.waitUntil(lambda: bool(failures), timeout=20_000)
    assert failures == [
        f"{name} has no channel 'nose'; it has Fp1, Fp2, diode; name one by --sensor STREAM:CHANNEL"
    ]
    assert not made.presenter.is_open


@pytest.mark.parametrize("begins", [False, True])
def test_sensor_that_gives_no_samples_or_ends_in_a_run_is_reported(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, begins: bool
) -> None:
    silent_s = 0.5 if begins else 1.5
    monkeypatch.setattr(measurement, "_GIVE_UP_S" if begins else "_SILENT_S", silent_s)
    name = f"lab-{uuid.uuid4().hex[:8]}"
    outlet = SignalOutlet(StreamInfo(name, "EEG", 250.0, (Channel("diode"),), source_id=name))
    made = TimingMeasurement(
        SensorChoice(name, "diode"), QGuiApplication.primaryScreen(), Flashes(12), at_once=True
    )
    failures: list[str] = []
    made.failed.connect(failures.append)
    made.start(full_screen=False)
    if begins:

        def is_running() -> bool:
            outlet.push(Chunk(np.zeros((1, 1), np.float32), np.array([local_clock()]), 0))
            return made.scene.running

        qtbot.waitUntil(is_running)
    qtbot.waitUntil(lambda: bool(failures))
    outlet.close()
    assert failures == [
        f"sensor {name}:diode has given no sample for {silent_s} s: start its device"
    ]
    assert not made.presenter.is_open


def test_escape_ends_a_measurement_without_a_result(qtbot: QtBot) -> None:
    screen = QGuiApplication.primaryScreen()
    made = TimingMeasurement(SensorChoice("nobody", None), screen, Flashes(12))
    with qtbot.waitSignal(made.stopped):
        made.start(full_screen=False)
        made.presenter.key_pressed.emit(Qt.Key.Key_Escape.value, "")
    assert not made.is_finished
    assert not made.presenter.is_open
