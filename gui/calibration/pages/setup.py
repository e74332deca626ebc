"""The first page: subject, paradigm, number of trials and timing."""

from contextlib import suppress
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal, SignalInstance
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from bci.errors import BciError, ProfileError
from bci.profiles.profile import Profile, load_profile, shipped_profiles
from bci.recording.bids.names import Session
from bci.signals import StreamInfo
from bci.tasks.paradigms import (
    MOTOR_IMAGERY,
    ParadigmKind,
    RunPlan,
    check_timing,
    profile_of,
    timing_for,
    with_false_decisions,
)
from bci.tasks.spelling_paradigms import (
    ALL_KINDS,
    SPELLING_KINDS,
    calibration_text,
    fitting_kind,
    fitting_profile,
)
from gui.calibration.keyed_buttons import keyed
from gui.calibration.pages.cue_fields import CueFields, check_readable
from gui.calibration.pages.screen_field import ScreenField
from gui.calibration.pages.spelling_choice import calibration_flicker_s, spelling_choice
from gui.calibration.pages.timing_fields import TimingFields, decimal_field
from gui.calibration.run.run_choice import RunChoice
from gui.paradigms.fields import SpellerFields
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import Sentence, label_field
from gui.widgets.layouts import as_widget, column_of, form, inset, named, row_of
from gui.widgets.units import clock, counted, percent

_LIMIT_TIP = (
    "The threshold keeps false decisions at rest to this, with 95 % confidence. That takes 3 min "
    "of rest for at most 1 a minute, 1.5 min for 2. A running engine keeps its own threshold."
)


class SetupPage(QWidget):
    """The settings of a run; the buttons to continue are enabled when all are valid."""

    chosen = Signal(object)  # RunChoice
    training_wanted = Signal(object)  # RunChoice, to train on existing recordings

    def __init__(self, profile: str, remembered: dict[str, str], engine_name: str) -> None:
        super().__init__()
        self._engine_name = engine_name
        self._sensors: frozenset[str] = frozenset()
        self._usual = ""  # the last chosen profile whose paradigm has classes, not rated items
        self.subject = label_field(remembered.get("subject", ""), "Letters and digits")
        self.session = label_field(
            remembered.get("session", ""), "Number of the visit, if there are several"
        )
        self.session.setPlaceholderText("optional")
        self.profiles = ComboBox()
        names = list(shipped_profiles())
        self.profiles.addItems(names if profile in names else [profile, *names])
        self.profiles.setCurrentText(profile)
        self.kinds = ComboBox()
        self.kinds.addItems([kind.name for kind in ALL_KINDS])
        self.cue_fields = CueFields()
        self.cues_label = QLabel()
        self.limit_label = QLabel("False decisions at rest")
        self.timing_fields = TimingFields()
        self.speller_fields = SpellerFields()
        # 0 stands for the profile's own limit.
        self.false_decisions = decimal_field(0.0, 600.0, 0.5, " a minute", _LIMIT_TIP)
        self.false_decisions.setDecimals(1)
        self.false_decisions.setPrefix("at most ")
        self.full_screen = QCheckBox("Cues on the full screen")
        self.full_screen.setChecked(True)
        self.screens = ScreenField(remembered.get("screen", ""))
        self.instruction = named(Sentence(), "dim")
        self.summary = named(Sentence(), "heading")
        self.problem = named(Sentence(), "problem")
        self.next = keyed("Check signals", "Continue", "calibrate-next", name="go")
        self.next.clicked.connect(lambda: self._go_on(self.chosen))
        self.models = keyed("Models", "Look at earlier models", "calibrate-models")
        self.train = keyed(
            "Train on recordings", "Without a new run: choose files", "calibrate-train"
        )
        self.train.clicked.connect(lambda: self._go_on(self.training_wanted))
        self._build()
        for line in (self.subject, self.session):
            line.textChanged.connect(self._show)
        self.profiles.currentTextChanged.connect(self._on_profile)
        self.kinds.currentIndexChanged.connect(self._on_kind)
        self.false_decisions.valueChanged.connect(self._show)
        self.timing_fields.changed.connect(self._show)
        self.speller_fields.changed.connect(self._show)
        self.cue_fields.changed.connect(self._show)
        self.cue_fields.problem.connect(self._show_problem)
        self._on_profile()

    def set_stream(self, info: StreamInfo | None) -> None:
        """Set the stream to be recorded; its kinds of sensors decide the proposed profile."""
        channels = info.channels if info is not None else ()
        self._sensors = frozenset(channel.kind for channel in channels)

    def _build(self) -> None:
        who = form(
            ("Subject", self.subject),
            ("Session", self.session),
            ("Paradigm", self.kinds),
            ("Profile", self.profiles),
            (self.cues_label, self.cue_fields),
            (self.limit_label, self.false_decisions),
            ("", as_widget(row_of(self.full_screen, (self.screens, 1)))),
            ("", self.instruction),
        )
        middle = row_of(
            (inset(who), 3), (inset(column_of(self.timing_fields, self.speller_fields, None)), 2)
        )
        words = column_of(self.summary, self.problem)
        foot = row_of((words, 1), self.models, self.train, self.next)
        self.setLayout(column_of(middle, None, foot))

    @property
    def kind(self) -> ParadigmKind:
        return ALL_KINDS[self.kinds.currentIndex()]

    def choice(self) -> RunChoice:
        """Return the filled-in choice.

        Raises
        ------
        BciError
            If something is missing or does not fit; the message gives the reason.
        """
        if not self.subject.text():
            raise ProfileError("fill in the subject")
        session = Session(self.subject.text(), self.kind.task, self.session.text() or None)
        name = self.profiles.currentText()
        profile = load_profile(name)
        if self.kind in SPELLING_KINDS:
            text = self.cue_fields.line.text().strip()
            chosen = spelling_choice(
                self.kind, session, name, profile, text, self.speller_fields, self._engine_name,
                self.screens.name,
            )  # fmt: skip
            return replace(chosen, full_screen=self.full_screen.isChecked())
        cues = self.cue_fields.cues(profile)
        timing = self.timing_fields.timing
        check_timing(timing, profile)
        made = profile_of(profile, cues, self._engine_name)
        limit = self.false_decisions.value()
        if limit and self.false_decisions.isEnabled():
            made = with_false_decisions(made, limit)
        trials = self.timing_fields.trials.value()
        instruction = (MOTOR_IMAGERY if self.kind.moved_first else self.kind).instruction
        plan = RunPlan(session.task, instruction, cues, timing, trials, seed=0)
        return RunChoice(
            session,
            name,
            made,
            made is not profile,
            plan,
            self.full_screen.isChecked(),
            self.screens.name,
            self.kind.moved_first,
        )

    def _on_kind(self) -> None:
        """Select a profile that suits the newly chosen paradigm."""
        with suppress(BciError):
            profile = load_profile(self.profiles.currentText())
            if name := fitting_profile(self.kind, profile, self._sensors, self._usual):
                with QSignalBlocker(self.profiles):
                    self.profiles.setCurrentText(name)
        self._fill()

    def _on_profile(self) -> None:
        """Select the paradigm that suits the newly chosen profile."""
        name = self.profiles.currentText()
        # `_fill` reports an invalid profile.
        with suppress(BciError):
            profile = load_profile(name)
            if profile.paradigm.items is None:
                self._usual = name
            kind = fitting_kind(profile, self.kind)
            with QSignalBlocker(self.kinds):
                self.kinds.setCurrentText(kind.name)
        self._fill()

    def _fill(self) -> None:
        """Fill in the paradigm's numbers, with tasks long enough for a window."""
        kind = self.kind
        self.cue_fields.set_kind(kind)
        self.cues_label.setText(self.cue_fields.name)
        self.cues_label.setVisible(bool(self.cue_fields.name))
        self.instruction.setText(kind.instruction)
        timing = kind.timing
        spells = kind in SPELLING_KINDS
        self.speller_fields.setVisible(spells)
        for widget in (self.timing_fields, self.limit_label, self.false_decisions):
            widget.setVisible(not spells)
        try:
            profile = load_profile(self.profiles.currentText())
            self._fill_limit(profile)
            if spells:
                self.cue_fields.line.setText(calibration_text(profile))
                flicker_s = calibration_flicker_s(profile)
                self.speller_fields.set_profile(profile, False, flicker_s)
            else:
                timing = timing_for(kind, profile)
        except BciError as error:
            self._show_problem(str(error))
        self.timing_fields.set_values(timing, kind.trials_per_class)
        self._show()

    def _fill_limit(self, profile: Profile) -> None:
        """Show the profile's own limit of false decisions.

        The field is enabled only if the profile names a rest marker and slides its windows.
        """
        output = profile.output
        own = f"at most {output.false_positives_per_min:g} a minute"
        if output.decision_threshold is not None:
            own = f"no limit, threshold {percent(output.decision_threshold)}"
        self.false_decisions.setSpecialValueText(f"as in the profile: {own}")
        self.false_decisions.setValue(0.0)
        paradigm = profile.paradigm
        has_windows = paradigm.items is None and not profile.pipeline.at_cues
        self.false_decisions.setEnabled(paradigm.rest is not None and has_windows)

    def _show(self) -> None:
        try:
            choice = self.choice()
        except BciError as error:
            self._show_problem(str(error))
            return
        if choice.spelling is not None:
            spelling = choice.spelling
            symbols = counted(len(spelling.text), "symbol")
            self.summary.setText(f"{symbols} to copy, about {clock(spelling.duration_s)} min")
            self._show_problem("")
            return
        plan, duration_s = choice.plan, choice.plan.duration_s
        if choice.moved_first:
            duration_s += choice.executed().plan.duration_s
        self._show_problem("")
        classes = ", ".join(cue.label for cue in plan.cues[:6])
        if len(plan.cues) > 6:
            classes += " ..."
        trials = counted(plan.n_trials, "trial")
        runs = "Two runs of " if choice.moved_first else ""
        self.summary.setText(f"{runs}{trials} ({classes}), about {clock(duration_s)} min")

    def _show_problem(self, problem: str) -> None:
        self.problem.setText(problem[:1].upper() + problem[1:])
        self.problem.setVisible(bool(problem))
        self.summary.setVisible(not problem)
        self.next.setEnabled(not problem)
        self.train.setEnabled(not problem)

    def show_message(self, sentence: str) -> None:
        """Show a failure that does not concern the run; the run can still begin."""
        self.problem.setText(sentence[:1].upper() + sentence[1:])
        self.problem.show()

    def _go_on(self, wanted: SignalInstance) -> None:
        try:
            choice = self.choice()
            check_readable(choice.plan.cues)
        except BciError as error:
            self._show_problem(str(error))
            return
        wanted.emit(choice)
