"""Connection of the speller to the dashboard's stream and engine."""

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from bci.errors import BciError
from bci.lsl.cue_listener import GUIDED
from bci.lsl.engine_streams import ReceivedPrediction
from bci.lsl.outlet import MarkerOutlet
from bci.lsl.spelling_stream import SpellingOutlet
from bci.messages import Spelled
from bci.profiles.profile import load_profile
from bci.signals import Marker, StreamInfo, is_frame_note
from bci.spelling.run import Selected
from bci.spelling.stimulation import group_of
from gui.options import DashboardOptions
from gui.paradigms.choice import SpellingChoice
from gui.paradigms.error_responses import ErrorResponses
from gui.paradigms.plan import SpellingPlan
from gui.paradigms.spelling_run import SpellingRun
from gui.paradigms.window import SpellerWindow
from gui.presenter.presenter import Presenter
from gui.presenter.scene import BlankScene
from gui.presenter.screens import screen_named
from gui.processes.engine_command import ENGINE
from gui.processes.program_buttons import Programs
from gui.record.run_recorder import RunRecorder
from gui.settings import DashboardSettings
from gui.theme import Theme
from gui.workers.stream_feed import Feed
from gui.workers.stream_readers import SignalFound

_N_CANDIDATES = 5


class SpellerController(QObject):
    """Opens the speller's window, and carries out runs, one at a time."""

    cued = Signal(object)  # Marker, as it was sent
    reported = Signal(str)
    spelled = Signal(object)  # Spelled, as it was sent

    def __init__(
        self,
        options: DashboardOptions,
        remembered: DashboardSettings,
        feed: Feed,
        programs: Programs,
    ) -> None:
        super().__init__()
        self._options, self._remembered = options, remembered
        self._programs = programs
        self._info: StreamInfo | None = None
        self._classes: tuple[str, ...] = ()
        self._engine_alive = False
        self._theme: Theme | None = None
        self._has_begun = False  # whether the demo's run has begun
        self._recorder: RunRecorder | None = None
        self._spelling: SpellingOutlet | None = None
        self.window: SpellerWindow | None = None
        self.run: SpellingRun | None = None
        self.presenter: Presenter | None = None
        feed.signal_found.connect(self._on_signal)
        feed.engine_found.connect(self._on_engine)
        feed.engine_alive.connect(self._on_alive)
        feed.predictions_came.connect(self._on_predictions)
        self._errors: ErrorResponses | None = None

    def open(self) -> None:
        """Show the window, with the profile of the started engine if there is one."""
        if self.window is None:
            self.window = SpellerWindow(self._options.profile, self._remembered)
            self.window.start_wanted.connect(self.start)
            if self._theme is not None:
                self.window.theme = self._theme
        command = self._programs.command(ENGINE)
        if command is not None and "run" in command.argv:
            self.window.set_profile(command.argv[command.argv.index("run") + 1])
        self.window.open()

    def start(self, choice: SpellingChoice) -> None:
        """Begin a run; show a message instead without a signal or during another run."""
        if self.run is not None or (self._recorder is not None and self._recorder.is_running):
            self._say("A run is under way: end it by Esc on its screen first.")
            return
        if self._info is None:
            self._say("There is no signal: connect a device or start the simulator first.")
            return
        info, name = self._info, self._options.engine_name
        cues = f"{name}-cues"
        host = socket.gethostname()
        outlet = MarkerOutlet(cues, f"{cues}-{host}", info.simulated, GUIDED)
        if self._spelling is None:
            self._spelling = SpellingOutlet(name, f"{name}-spelled-{host}", info.simulated)
        presenter = self._make_presenter()
        presenter.outlet = outlet
        recorder = self._make_recorder() if choice.session is not None else None
        plan = replace(choice.plan, seed=time.time_ns() % (1 << 31))
        note = "SIMULATED signal" if info.simulated else ""
        if self._errors is None:
            self._errors = ErrorResponses(name, self)
            self._errors.came.connect(self._on_response)
        run = self.run = SpellingRun(
            plan, presenter, choice.instruction, info.sfreq, recorder, note, choice.starts_itself
        )
        run.marked.connect(self._on_marked)
        run.selected.connect(self._on_selected)
        run.over.connect(self._on_over)
        run.set_engine(self._classes if self._engine_alive else ())
        file = None
        if choice.session is not None:
            file = choice.session.next_path(self._options.recordings)
        streams = info.name, cues, f"{name}-predictions", f"{name}-spelled"
        run.begin(file, streams, choice.full_screen, screen_named(choice.screen))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self.window is not None:
            self.window.theme = theme

    def retire(self) -> None:
        """End the run because the dashboard closes; returns at once."""
        if self.run is not None:
            self.run.abort()
        if self.window is not None:
            self.window.close()
        if self._errors is not None:
            self._errors.reader.retire()
        if self._spelling is not None:
            self._spelling.close()
            self._spelling = None

    def stop(self, timeout_s: float) -> None:
        """End the threads, and wait at most ``timeout_s`` seconds for their end."""
        if self._errors is not None:
            self._errors.reader.stop(timeout_s)
        if self._recorder is not None:
            self._recorder.stop(timeout_s)

    def _make_presenter(self) -> Presenter:
        """Make a new presenter for each run, which checks again if swaps wait for frames."""
        if self.presenter is not None:
            self.presenter.retire()
            self.presenter.deleteLater()
        self.presenter = Presenter(BlankScene(), None, self)
        self.presenter.title = "bci - speller"
        return self.presenter

    def _make_recorder(self) -> RunRecorder:
        if self._recorder is None:
            self._recorder = RunRecorder(self._options.bci, self)
            self._recorder.logged.connect(self.reported)
        return self._recorder

    def _say(self, sentence: str) -> None:
        self.reported.emit(sentence)
        if self.window is not None:
            self.window.show_result(sentence)

    def _on_signal(self, found: SignalFound) -> None:
        self._info = found.info
        if self._options.spell and not self._has_begun:
            self._has_begun = True
            self._demonstrate(self._options.spell)

    def _demonstrate(self, text: str) -> None:
        """Start the demo: copy ``text`` at once, in a window beside the dashboard."""
        try:
            profile = load_profile(self._options.profile)
            plan = SpellingPlan(profile, text)
            plan.check(QGuiApplication.primaryScreen().refreshRate())
        except BciError as error:
            self._say(f"The speller cannot be shown: {error}.")
            return
        instruction = "A simulated person is going to copy the text above."
        self.start(SpellingChoice(plan, instruction, full_screen=False, starts_itself=True))

    def _on_engine(self, classes: tuple[str, ...], _simulated: bool) -> None:
        self._classes, self._engine_alive = classes, True
        self._with_run(lambda run: run.set_engine(classes))

    def _on_alive(self, alive: bool) -> None:
        self._engine_alive = alive
        self._with_run(lambda run: run.set_engine(self._classes if alive else ()))

    def _on_predictions(self, predictions: list[ReceivedPrediction]) -> None:
        self._with_run(lambda run: run.receive(predictions))

    def _on_response(self, taken: float, log_ratio: float) -> None:
        self._with_run(lambda run: run.receive_response(taken, log_ratio))

    def _on_marked(self, marker: Marker) -> None:
        """Emit a marker; not those of flashes, which would cover the traces."""
        if not is_frame_note(marker.label) and group_of(marker.label) is None:
            self.cued.emit(marker)

    def _with_run(self, call: Callable[[SpellingRun], None]) -> None:
        if self.run is not None:
            call(self.run)

    def _on_selected(self, selected: Selected) -> None:
        spelled = spelled_message(selected, self.run.plan.grid.symbols if self.run else ())
        if self._spelling is not None:
            self._spelling.push(spelled)
        self.spelled.emit(spelled)

    def _on_over(self) -> None:
        run, self.run = self.run, None
        if run is None:
            return
        assert self.presenter is not None
        outlet, self.presenter.outlet = self.presenter.outlet, None
        if outlet is not None:
            outlet.close()
        run.deleteLater()
        recorded = "" if run.file is None else f" Recorded in {run.file}."
        self._say(f"{run.summary}{recorded}")


def spelled_message(selected: Selected, symbols: tuple[str, ...]) -> Spelled:
    """Return the message of a selection; ``symbols`` have the order of probabilities."""
    verdict = selected.verdict
    change: Literal["selected", "undone", "failed"] = "selected"
    if selected.undone:
        change = "undone"
    elif selected.symbol is None:
        change = "failed"
    candidates: dict[str, float] = {}
    if verdict is not None and symbols:
        best = sorted(range(len(symbols)), key=lambda k: -verdict.probabilities[k])
        candidates = {symbols[k]: float(verdict.probabilities[k]) for k in best[:_N_CANDIDATES]}
    return Spelled(
        change=change,
        selection=selected.number,
        symbol=selected.symbol,
        target=selected.target,
        text=selected.text,
        confidence=None if verdict is None else min(1.0, verdict.confidence),
        updates=0 if verdict is None else verdict.n_updates,
        flashes=0 if verdict is None else verdict.n_flashes,
        candidates=candidates,
        began=selected.began,
        ended=selected.ended,
    )
