"""Every view of the dashboard by name.

To add a view, write a function that returns it, and add a line to VIEWS. The function gets the
theme, and returns the view with simulated data in its size in the dashboard. A height of 0 means
as high as the view needs.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from bci.lsl.live_streams import LiveStream
from bci.lsl.recorders import FoundRecorder
from bci.messages import DeviceEntry, ParameterEntry, PluginEntry, WindowCounts
from bci.pipeline.display.reference import DisplayReference
from bci.tasks.smoothed_levels import LevelCourse
from gui.bridges.panel import BridgesPanel
from gui.connect.panel import ConnectPanel
from gui.decisions.attention_view import AttentionView
from gui.decisions.class_bars import ClassBars
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.decision_view import CueWindows
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.history import HistoryView, LevelHistory
from gui.decisions.image_matches import ImageMatches, ShownImages
from gui.decisions.timing.latency import LatencyView
from gui.decisions.transcript import TranscriptView
from gui.decisions.word_list import WordList
from gui.electrodes.impedance_page import ImpedancePage
from gui.electrodes.quality_view import QualityView
from gui.feedback.operator_view import OperatorView
from gui.record.bar import RecordBar, RecordState
from gui.scope.scope_panel import ScopePanel
from gui.spectrum.map_page import MapPage
from gui.spectrum.spectrogram_view import SpectrogramView
from gui.spectrum.spectrum_view import SpectrumView
from gui.theme import Theme
from gui.widgets.banner import Banner
from gui.widgets.log_panel import LogPanel
from gui.widgets.tabs import Tabs
from tests.gui.feedback.rows import half_a_minute
from tests.gui.gallery import pictures, simulated
from tests.gui.gallery.calibrated import calibration, cues, rating, setup, signals, training
from tests.gui.gallery.people import eight_people, people, two_people
from tests.gui.gallery.spelling import flicker, spelled, speller
from tests.gui.gallery.windows import dashboard, replay_window, timing_lab

_WIDE, _SIDE, _CONNECT = 900, 340, 264
_SECONDS = 40.0


def scope(theme: Theme) -> QWidget:
    view = ScopePanel()
    view.scope.theme = theme
    view.scope.set_stream(simulated.INFO, simulated.ring(_SECONDS))
    view.scope.add_markers(simulated.cues(_SECONDS))
    view.scope.advance()
    view.scope.set_quality(simulated.quality())
    view.scope.choose(bad=frozenset({"Fp2"}))
    tabs = Tabs({"Signal": view})
    tabs.put_beside("Signal", view.above)
    tabs.resize(_WIDE, 480)
    return tabs


def scope_bipolar(theme: Theme) -> QWidget:
    view = ScopePanel()
    view.scope.theme = theme
    view.scope.set_stream(simulated.INFO, simulated.ring(_SECONDS))
    view.scope.add_markers(simulated.cues(_SECONDS))
    view.scope.choose(reference=DisplayReference.BIPOLAR)
    view.scope.advance()
    view.scope.set_quality(simulated.quality())
    tabs = Tabs({"Signal": view})
    tabs.put_beside("Signal", view.above)
    tabs.resize(_WIDE, 400)
    return tabs


def spectrum(theme: Theme) -> QWidget:
    view = SpectrumView()
    view.theme = theme
    view.show_spectrum(simulated.spectrum("O1"))
    view.resize(_WIDE, 300)
    return view


def spectrogram(theme: Theme) -> QWidget:
    view = SpectrogramView()
    view.theme = theme
    view.show_spectrum(simulated.spectrum("O1"))
    view.resize(_WIDE, 180)
    return view


def head_map(theme: Theme) -> QWidget:
    view = MapPage()
    view.theme = theme
    view.set_stream(simulated.INFO)
    view.show_map(simulated.alpha_map())
    view.resize(_WIDE, 460)
    return view


def decision(theme: Theme) -> QWidget:
    view = ClassBars(threshold=0.7)
    view.theme = theme
    view.set_classes(simulated.CLASSES)
    sure = max(simulated.received(_SECONDS), key=lambda p: float(p.probabilities[0]))
    view.show_prediction(sure)
    view.show_cue("left")
    view.resize(_SIDE, view.height())
    return view


def attention(theme: Theme) -> QWidget:
    view = AttentionView()
    view.theme = theme
    view.show_attention(simulated.ATTENTION)
    view.resize(_SIDE, view.height())
    return view


def attention_regions(theme: Theme) -> QWidget:
    view = AttentionView()
    view.theme = theme
    view.show_attention(simulated.REGIONS)
    view.resize(_SIDE, view.height())
    return view


def ball(theme: Theme) -> QWidget:
    view = ClassBars(threshold=0.7)
    view.theme = theme
    view.set_classes(simulated.CLASSES)
    view.set_ball(True)
    for prediction in simulated.received(_SECONDS):
        view.show_prediction(prediction)
    view.show_cue("left")
    view.resize(_SIDE, view.height())
    return view


def history(theme: Theme) -> QWidget:
    view = HistoryView(DecisionRule(0.7))
    view.theme = theme
    view.set_classes(simulated.CLASSES)
    view.add(simulated.received(_SECONDS))
    for marker in simulated.cues(_SECONDS):
        view.add_cue(marker.time, marker.label if marker.label != "rest" else None)
    view.advance(_SECONDS)
    view.resize(_WIDE, view.height())
    return view


def emotion(theme: Theme) -> QWidget:
    view = EmotionView(threshold=0.12)
    view.theme = theme
    view.set_classes(simulated.FELT.classes)
    for prediction in simulated.felt(_SECONDS):
        view.show_prediction(prediction)
    view.show_cue(simulated.films(_SECONDS)[-1].label)
    view.resize(_SIDE, view.height())
    return view


def emotion_history(theme: Theme) -> QWidget:
    course = LevelCourse(simulated.FELT)
    view = LevelHistory(course)
    view.theme = theme
    for prediction in simulated.felt(_SECONDS):
        course.add(prediction.taken, prediction.probabilities)
    for marker in simulated.films(_SECONDS):
        view.add_cue(marker.time, marker.label)
    view.advance(_SECONDS)
    view.resize(_WIDE, view.height())
    return view


def images(theme: Theme) -> QWidget:
    course = simulated.early_course()
    shown = ShownImages(0.8, pictures.drawn(), "simulated image vectors", course, 0.025)
    windows = CueWindows(shown.window_s)
    view = ImageMatches(shown, 0.15, windows)
    view.theme = theme
    names, prediction, true = simulated.seen()
    view.set_classes(names)
    windows.add(0.0, true)
    view.show_prediction(prediction)
    view.resize(_SIDE, view.height())
    return view


def speech(theme: Theme) -> QWidget:
    windows = CueWindows(1.2)
    view = WordList(windows, threshold=0.5)
    view.theme = theme
    words, found = simulated.spoken()
    view.set_classes(words)
    for cue, prediction in found:
        windows.add(cue.time, cue.label)
        view.show_prediction(prediction)
    view.resize(_SIDE, view.height())
    return view


def transcript(theme: Theme) -> QWidget:
    windows = CueWindows(1.2)
    # A fixed time of day, so that every picture is the same.
    view = TranscriptView(windows, time_of=lambda at: f"10:02:{at:02.0f}")
    view.theme = theme
    words, found = simulated.spoken()
    view.set_classes(words)
    for cue, prediction in found:
        windows.add(cue.time, cue.label)
        if prediction is None:
            view.show_rejected(cue.time + 1.5, "large swings")
        else:
            view.add([prediction])
    view.resize(_WIDE, view.height())
    return view


def quality(theme: Theme) -> QWidget:
    view = QualityView()
    view.theme = theme
    view.set_stream(simulated.INFO)
    view.set_quality(simulated.quality())
    view.show_filters(simulated.CLEANED)
    view.resize(_SIDE, view.height())
    return view


def impedance(theme: Theme) -> QWidget:
    view = ImpedancePage()
    view.theme = theme
    view.set_stream(simulated.INFO)
    view.set_quality(simulated.impedances())
    view.resize(_WIDE, 460)
    return view


def latency(theme: Theme) -> QWidget:
    view = LatencyView()
    view.theme = theme
    view.figures.add(simulated.received(_SECONDS))
    view.advance(_SECONDS)
    lost = {"lost_samples": 12, "gaps": 1, "windows": WindowCounts(rejected_gap=25)}
    view.show_status(simulated.STATUS.model_copy(update=lost))
    view.resize(_SIDE, 340)
    return view


def connect(_theme: Theme) -> QWidget:
    view = ConnectPanel()
    view.set_streams(simulated_streams())
    view.streams.set_shown(simulated.INFO.name)
    view.set_devices(simulated_devices(), "cyton", {})
    view.resize(_CONNECT, 480)
    return view


def bridges(_theme: Theme) -> QWidget:
    view = BridgesPanel()
    view.set_bridges(simulated_bridges(), {"keys": {"map": "left=key:left,right=key:right"}})
    view.rows["keys"].show_state("runs: connected to engine 'bci'", True, "")
    why = "The bridge udp ended by itself: port 5005 is in use."
    view.rows["udp"].show_state("", False, why)
    view.resize(_CONNECT, 500)
    return view


def record(_theme: Theme) -> QWidget:
    view = RecordBar({"subject": "07", "session": "1", "task": "motorimagery"})
    view.resize(_WIDE, 0)
    return view


def recording(_theme: Theme) -> QWidget:
    view = RecordBar({"subject": "07", "session": "1", "task": "motorimagery"})
    file = "recordings/sub-07/ses-1/eeg/sub-07_ses-1_task-motorimagery_run-01_eeg.xdf"
    names = (simulated.INFO.name, f"{simulated.INFO.name}-markers")
    recorder = FoundRecorder("gallery", "here", 1, file, 754.0, 48_200_000, names, ())
    view.show_state(RecordState(recorder, takes_notes=True))
    view.resize(1240, 0)
    return view


def log(_theme: Theme) -> QWidget:
    view = LogPanel()
    # Not by `add`, which writes the present time.
    for line in (
        "10:02:11  showing simulated-cap: 16 channels at 250 Hz",
        "10:02:12  engine: decoding simulated-cap with model simulated",
        "10:04:40  engine: 12 samples were lost; 25 windows over the gap give no prediction",
        "10:05:03  replay: end of the recording, from the start again (2 times)",
    ):
        view.appendPlainText(line)
    view.resize(_WIDE, view.height())
    return view


def banner(_theme: Theme) -> QWidget:
    view = Banner()
    view.report(
        "The stream simulated-cap is gone. Is its program still running? "
        "It is shown again as soon as it is back.",
        "signal",
    )
    view.resize(_WIDE, 0)
    return view


def simulated_streams() -> tuple[LiveStream, ...]:
    """Return two streams, as if they were on the network."""
    return (
        LiveStream("1", simulated.INFO.name, "EEG", 16, 250.0, "gallery", "here", True),
        LiveStream("2", "pupil", "Gaze", 2, 120.0, "gallery-2", "other-computer", True),
    )


def simulated_bridges() -> tuple[PluginEntry, ...]:
    """Return three bridges, as if they were installed."""
    engine = ParameterEntry(name="engine", default="bci")
    port = ParameterEntry(name="port", default="5005", number="whole", low=1, high=65535)
    keys = "keys, mouse and gamepad, released when the engine dies"
    return tuple(
        PluginEntry(
            kind="bridge", name=name, distribution="bci", version="1", where="a:b",
            summary=summary, parameters=parameters, problem=problem,
        )
        for name, summary, parameters, problem in (
            ("keys", keys, (ParameterEntry(name="map", needed=True), engine), None),
            ("osc", "", (), "needs pythonosc: pip install 'bci[bridges]'"),
            ("udp", "decisions as JSON, a datagram each", (engine, port), None),
        )
    )  # fmt: skip


def simulated_devices() -> tuple[DeviceEntry, ...]:
    return (
        DeviceEntry(
            name="simulator",
            what="a simulated person",
            transport="none",
            takes=("channels", "sfreq", "task"),
        ),
        DeviceEntry(
            name="cyton",
            what="OpenBCI Cyton, 8 channels",
            transport="serial port",
            needs=("serial_port",),
            takes=("timeout_s",),
        ),
    )


def neurofeedback(theme: Theme) -> QWidget:
    view = OperatorView()
    view.theme = theme
    view.set_session(simulated.FEEDBACK)
    view.add_rows(half_a_minute(end=0.0))
    # The newest window has the time 0, so the plot does not move.
    view.trace.now = 0.0
    view.resize(_WIDE, 300)
    return view


VIEWS: dict[str, Callable[[Theme], QWidget]] = {
    "dashboard": dashboard,
    "replay": replay_window,
    "timing-lab": timing_lab,
    "people": people,
    "people-2": two_people,
    "people-8": eight_people,
    "calibration-setup": setup,
    "signals": signals,
    "cues": cues,
    "rating": rating,
    "training": training,
    "calibration": calibration,
    "scope": scope,
    "scope-bipolar": scope_bipolar,
    "spectrum": spectrum,
    "spectrogram": spectrogram,
    "map": head_map,
    "decision": decision,
    "attention": attention,
    "attention-regions": attention_regions,
    "ball": ball,
    "history": history,
    "neurofeedback": neurofeedback,
    "emotion": emotion,
    "emotion-history": emotion_history,
    "images": images,
    "speech": speech,
    "transcript": transcript,
    "spelled": spelled,
    "speller": speller,
    "speller-flicker": flicker,
    "quality": quality,
    "impedance": impedance,
    "latency": latency,
    "connect": connect,
    "bridges": bridges,
    "record": record,
    "recording": recording,
    "log": log,
    "banner": banner,
}
