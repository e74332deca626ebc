"""``bci timing`` on recordings; the tests of its window cover live streams."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bci.profiles.profile import load_profile
from bci.profiles.stimulus import Stimulus
from bci.signals import Channel, Marker, Recording, StreamInfo
from bci.stimulus.offset_label import offset_label, offset_warning, recorded_offsets
from devices.simulated.diode import SimulatedDiode
from tests.commands import bci, refused
from tests.files.xdf_files import Sent, write_xdf

DELAY_S, SFREQ = 0.0231, 1000.0
LABELS = ("Cz", "diode", "dark")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording of 60 flashes with two labels, a diode and an unused diode."""
    rng = np.random.default_rng(3)
    onsets = 1.0 + np.cumsum(rng.uniform(0.3, 0.6, 60)).round(3)
    diode = SimulatedDiode(DELAY_S, 0.001, rng)
    markers = []
    for k, onset in enumerate(onsets):
        diode.receive(Marker(float(onset), ""))
        markers.append(Marker(float(onset), f"{'target' if k % 5 == 0 else 'nontarget'}/{k % 4}"))
    times = np.arange(round((onsets[-1] + 1) * SFREQ)) / SFREQ
    light = diode.measure(times, 1 / SFREQ)
    data = np.column_stack([rng.normal(0, 10, len(times)), light, np.full(len(times), 7.0)])
    amp = Sent("amp", "EEG", times, data, "float32", SFREQ, LABELS, simulated=True)
    cues = Sent("cues", "Markers", [m.time for m in markers], [m.label for m in markers])
    return write_xdf(tmp_path_factory.mktemp("runs") / "run.xdf", amp, cues)


def test_recording_gives_figures_and_the_lines_of_the_profile(run: Path, tmp_path: Path) -> None:
    profile = tmp_path / "mine.yaml"
    profile.write_text(Path("configs/motor-imagery.yaml").read_text())
    done = bci("timing", "--recording", run, "--sensor", "diode", "--write", profile)
    assert done.returncode == 0, done.stderr
    assert "flashes with an onset   60 of 60" in done.stdout
    assert "simulated" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("stimulus: {")]
    stimulus = load_profile(profile).stimulus
    assert stimulus is not None
    assert line in profile.read_text()
    assert stimulus.offset_s == pytest.approx(DELAY_S, abs=0.001)


def test_label_chooses_the_markers_of_the_stimuli(run: Path) -> None:
    done = bci(
        "timing", "--recording", run, "--sensor", "diode", "--label", "target/*", "--json"
    )  # fmt: skip
    (report,) = json.loads(done.stdout)
    assert (report["markers"], report["n"], report["extra"]) == (12, 12, 48)
    assert report["offset_s"] == pytest.approx(DELAY_S, abs=0.001)
    assert report["warnings"][0].startswith("the sensor is simulated")


def test_what_cannot_be_measured_is_one_clear_sentence(run: Path, tmp_path: Path) -> None:
    given = ("timing", "--recording", run, "--sensor")
    assert "channel dark never changes (it is always 7): put the photo" in refused(*given, "dark")
    assert "has no channel 'nose'; it has Cz, diode, dark" in refused(*given, "nose")
    no_label = refused(*given, "diode", "--label", "flash/*")
    assert "no marker 'flash/*'; its markers are: nontarget/0" in no_label
    assert "give --recording" in refused("timing", "--sensor", "x:y", "--label", "flash")
    assert "are not for --recording" in refused(*given, "diode", "--at-once")
    assert "':' names no sensor; give STREAM:CHANNEL" in refused("timing", "--sensor", ":")
    assert "no such file" in refused(*given, "diode", "--write", tmp_path / "none.yaml")


def test_recording_keeps_the_offset_of_its_screen() -> None:
    here = Stimulus(offset_s=0.0231, spread_s=0.0009, screen="HDMI-1/2")
    label = offset_label(here)
    assert recorded_offsets(["left", label, offset_label(None)]) == [
        here.model_copy(update={"screen": "HDMI-1 2"})
    ]
    info = StreamInfo("amp", "EEG", SFREQ, tuple(Channel(label) for label in LABELS))
    nothing = np.empty(0)
    made = Recording(info, np.empty((0, 3), np.float32), nothing, nothing.astype(np.int64))
    assert offset_warning(made, here) is None
    own = replace(made, markers=(Marker(0.0, label),))
    assert offset_warning(own, here) is None
    assert "and the profile has none" in str(offset_warning(own, None))
    other = here.model_copy(update={"offset_s": 0.04})
    assert "23.1 ms (sd 0.9 ms) on HDMI-1 2, and the profile has 40.0 ms" in str(
        offset_warning(own, other)
    )
