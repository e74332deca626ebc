"""A plug-in of each kind, built as a wheel, installed, and used from end to end."""

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bci.lsl.device_stream import stream_device
from bci.lsl.engine_streams import PredictionOutlet
from bci.lsl.inlet import SignalInlet
from bci.models.bundle import load_bundle
from bci.plugins import registry as plugins
from bci.plugins.new_package import write_plugin
from bci.profiles.profile import load_profile
from bci.signals import Prediction
from devices.catalogue import create
from devices.simulated.subject import write_subject
from tests.commands import bci
from tests.streams import find, receive, wait_until
from tests.toy_packages import profile_with

pytestmark = pytest.mark.slow

# A view of the task "toy task", and a bridge that writes predictions into a file.
REST = '''
from pathlib import Path

from bci.errors import BciError
from bci.lsl.discovery import StreamQuery, await_stream
from bci.lsl.engine_streams import PredictionInlet
from bci.profiles.pipeline_settings import Settings


class ToBridge(Settings):
    engine: str
    file: str


class FileBridge:
    """Predictions into a file, a line each."""

    settings = ToBridge

    def __init__(self, settings):
        self._settings = settings

    def run(self, stop):
        query = StreamQuery(name=f"{self._settings.engine}-predictions")
        found = await_stream(query, stop, 20.0)
        inlet = PredictionInlet(found)
        lines = []
        while not stop.is_set() and len(lines) < 3:
            lines += [str(each.probabilities.argmax()) for each in inlet.pull(0.1)]
        inlet.close()
        Path(self._settings.file).write_text("\\n".join(lines))


def view(context):
    """The number of predictions, as a text."""
    from PySide6.QtWidgets import QLabel

    class Counting(QLabel):
        classes = ()
        n = 0

        def set_classes(self, classes):
            self.classes = classes

        def set_engine(self, alive):
            self.setEnabled(alive)

        def show_prediction(self, prediction):
            self.n += prediction is not None
            self.setText(f"{self.n} at {context.threshold}")

        def show_rejected(self, why):
            self.setText(why)

    return Counting()
'''
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "toy-rest"
version = "2.0"
[project.entry-points."bci.views"]
toy-task = "toy_rest:view"
[project.entry-points."bci.bridges"]
toy-file = "toy_rest:FileBridge"
[tool.hatch.build.targets.wheel]
only-include = ["toy_rest.py"]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the packages installed from their wheels, which Python finds."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("plugins")
    sources = [
        write_plugin(kind, f"toy-{kind}", folder) for kind in ("decoder", "filter", "device")
    ]
    rest = folder / "toy-rest"
    rest.mkdir()
    (rest / "toy_rest.py").write_text(REST)
    (rest / "pyproject.toml").write_text(PROJECT)
    installed = folder / "site"
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    wheels = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder]
    subprocess.run([*wheels, *sources, rest], check=True, timeout=110)
    built = sorted(folder.glob("*.whl"))
    assert len(built) == 4
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", installed, *built],
        check=True, timeout=110,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(installed))
        plugins.forget()
        yield installed
    plugins.forget()


def test_a_generated_package_passes_its_own_tests(site: Path) -> None:
    for kind in ("decoder", "filter", "device"):
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=site.parent / f"bci-toy-{kind}", check=True, timeout=110,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip


def test_every_installed_plugin_loads(site: Path) -> None:
    listed = bci("plugins", "--json").stdout
    for name in ("toy-decoder", "toy-filter", "toy-device", "toy-task", "toy-file"):
        assert f'"{name}"' in listed
    foreign = [
        each for group in plugins.GROUPS for each in plugins.plugins(group).values()
        if not each.is_ours
    ]  # fmt: skip
    assert {each.name: each.problem() for each in foreign if each.problem()} == {}


def test_a_model_of_an_installed_decoder_and_filter_is_calibrated_and_evaluated(
    site: Path, tmp_path: Path
) -> None:
    import decoders

    runs = write_subject(tmp_path, seed=1, n_runs=3)
    profile = profile_with(
        tmp_path, "{kind: bandpass, low_hz: 8, high_hz: 30}",
        "{kind: toy-filter, time_constant_s: 0.005}",
    )  # fmt: skip
    model = tmp_path / "model"
    done = bci("calibrate", profile, *runs[:2], "--decoder", "toy-decoder", "--out", model)
    assert done.returncode == 0, done.stderr
    card, arrays = load_bundle(model)
    assert card.decoder.name == "toy-decoder"
    assert [each.kind for each in card.pipeline.filters] == ["bandpass", "toy-filter"]
    assert card.score.accuracy > 0.65
    again = decoders.load(card.decoder.name, card.decoder.params, card.classes, arrays)
    assert again.classes == card.classes
    done = bci("evaluate", model, runs[2])
    assert done.returncode == 0, done.stderr
    assert load_profile(profile).pipeline.filters == card.pipeline.filters


def test_an_installed_device_streams(site: Path) -> None:
    device = create("toy-device", {"freq_hz": "12"})
    (info,) = device.describe()
    stop = threading.Event()
    streaming = threading.Thread(target=stream_device, args=(device, stop))
    streaming.start()
    try:
        inlet = SignalInlet(find(info.name))
        chunks = receive(inlet, 100)
        inlet.close()
    finally:
        stop.set()
        streaming.join()
    assert chunks[0].data.shape[1] == 2
    assert np.isfinite(chunks[0].data).all()


def test_an_installed_bridge_passes_predictions_on(site: Path, tmp_path: Path) -> None:
    engine = f"toy-{uuid.uuid4().hex[:8]}"
    outlet = PredictionOutlet(engine, ("left", "right"), engine, True, "toy task")
    stop = threading.Event()

    def publish() -> None:
        wait_until(lambda: stop.is_set() or outlet._outlet.have_consumers())
        for k in range(3):
            shares = np.eye(2)[k % 2]
            outlet.push(Prediction(("left", "right"), shares, 0, 9, 1.0 + k, 1.0, 1.0, 1.0))

    publishing = threading.Thread(target=publish)
    publishing.start()
    file = tmp_path / "predictions.txt"
    try:
        done = bci("bridge", "toy-file", f"engine={engine}", f"file={file}")
    finally:
        stop.set()
        publishing.join()
        outlet.close()
    assert done.returncode == 0, done.stderr
    assert file.read_text() == "0\n1\n0"


def test_an_installed_view_is_shown_for_its_task(site: Path, qtbot, tmp_path: Path) -> None:
    from bci.lsl.engine_streams import ReceivedPrediction
    from gui.decisions.engine_views import EngineViews
    from gui.settings import DashboardSettings

    remembered = DashboardSettings(tmp_path / "settings.json")
    shown = EngineViews({"left": "left"}.get, 0.6, remembered, task="toy task")
    qtbot.addWidget(shown.decided)
    shown.decided.show()
    shown._on_engine(("left", "right"), True)
    shown._on_alive(True)
    shares = np.array([0.3, 0.7], dtype=np.float32)
    shown._on_predictions([ReceivedPrediction(1.0, shares, 0.0, 0.0, 0.0, 0.0)])
    assert shown.by_task["toy task"] is shown.own
    assert shown.own.isVisible()
    assert shown.own.classes == ("left", "right")
    assert shown.own.text() == "1 at 0.6"
