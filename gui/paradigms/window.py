"""The window of the speller: settings of the next run, and the last result."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLabel, QLineEdit, QWidget

from bci.errors import BciError, ProfileError
from bci.profiles.profile import Profile, load_profile, shipped_profiles
from bci.recording.bids.names import Session
from bci.tasks.spelling_paradigms import first_text, instruction_of, spelling_kind
from gui.actions import SPELLING, WindowActions, press, with_key
from gui.paradigms.choice import SpellingChoice
from gui.paradigms.fields import SpellerFields
from gui.paradigms.plan import SpellingPlan, can_spell
from gui.presenter.screens import screen_named, screen_titles
from gui.settings import DashboardSettings
from gui.widgets.buttons import button
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import ElidedLine, Sentence, label_field
from gui.widgets.layouts import as_widget, column_of, form, inset, named, row_of
from gui.widgets.themed import Themed
from gui.widgets.units import clock
from gui.widgets.window_size import resize_within_screen

COPY, FREE = "Copy a text", "Spell freely"
_FLICKER_S = 4.0


class SpellerWindow(Themed, QWidget):
    """The settings of a speller's run; the button Start is enabled if all are valid."""

    start_wanted = Signal(object)  # SpellingChoice

    def __init__(self, profile: str, remembered: DashboardSettings) -> None:
        super().__init__()
        self.setWindowTitle("bci - spell")
        resize_within_screen(self, QSize(960, 470))
        self._remembered = remembered
        self._simulated = False
        filled = remembered.spell
        self.profiles = ComboBox()
        self.profiles.addItems(_spelling_profiles(profile))
        self.modes = ComboBox()
        self.modes.addItems([COPY, FREE])
        self.modes.setCurrentText(filled.get("mode", COPY))
        self.text = QLineEdit(filled.get("text", "BRAIN"), maxLength=200)
        self.prior = ElidedLine()
        self.prior.setPlaceholderText("optional: makes frequent letters likelier")
        self.browse = button("Choose ...", with_key("Choose a text file", "spell-text"))
        self.browse.clicked.connect(self._choose_prior)
        self.prior_label, self.prior_row = (
            QLabel("Usual text"),
            as_widget(row_of((self.prior, 1), self.browse)),
        )
        self.subject = label_field(filled.get("subject", ""), "Letters and digits")
        self.subject.setPlaceholderText("empty: nothing is recorded")
        self.session = label_field(filled.get("session", ""), "Number of the visit")
        self.session.setPlaceholderText("optional")
        self.full_screen = QCheckBox("On the full screen")
        self.full_screen.setChecked(filled.get("full_screen", "yes") == "yes")
        self.screens = ComboBox()
        self.fields = SpellerFields()
        self.instruction = named(Sentence(), "dim")
        self.summary = named(Sentence(), "heading")
        self.problem = named(Sentence(), "problem")
        self.result = named(Sentence(), "dim")
        self.start = button("Start", with_key("Open the speller", "spell-start"), name="go")
        self.start.clicked.connect(self._start)
        self._build()
        callbacks: dict[str, Callable[[], object]] = {
            "spell-start": partial(press, self.start),
            "spell-close": self.close,
            "spell-text": partial(press, self.browse),
        }
        WindowActions(self, SPELLING, callbacks)
        self.profiles.currentTextChanged.connect(self._on_profile)
        self.modes.currentTextChanged.connect(self._on_profile)
        for line in (self.text, self.prior, self.subject, self.session):
            line.textChanged.connect(self._show)
        self.fields.changed.connect(self._show)
        self.screens.currentIndexChanged.connect(self._show)
        self._on_profile()

    def _build(self) -> None:
        what = form(
            ("Profile", self.profiles),
            ("Mode", self.modes),
            ("Text", self.text),
            (self.prior_label, self.prior_row),
            ("Subject", self.subject),
            ("Session", self.session),
            ("Screen", self.screens),
            ("", self.full_screen),
            ("", self.instruction),
        )
        middle = row_of((inset(what), 3), (inset(column_of(self.fields, None)), 2))
        words = column_of(self.summary, self.problem)
        foot = row_of((words, 1), self.start)
        self.setLayout(column_of(middle, None, self.result, foot, margins=(14, 12, 14, 14)))

    def open(self) -> None:
        """Show the window in front, with a list of the connected screens."""
        titles = screen_titles()
        self.screens.clear()
        for name, title in titles.items():
            self.screens.addItem(title, name)
        self.screens.setEnabled(len(QGuiApplication.screens()) > 1)
        self.show()
        self.raise_()
        self.activateWindow()
        self.start.setFocus()

    def set_profile(self, name: str) -> None:
        """Select the profile ``name``; an empty name changes nothing."""
        if name and name != self.profiles.currentText():
            if self.profiles.findText(name) < 0:
                self.profiles.addItem(name)
            self.profiles.setCurrentText(name)

    def show_result(self, sentence: str) -> None:
        """Show ``sentence``, the result of the last run."""
        self.result.setText(sentence)

    def apply_theme(self) -> None:
        self.setStyleSheet(self.theme.style_sheet(calibration=True))

    @property
    def copies(self) -> bool:
        return self.modes.currentText() == COPY

    def choice(self) -> SpellingChoice:
        """Return the filled-in choice.

        Raises
        ------
        BciError
            If something is missing or does not fit; the message gives the reason.
        """
        profile = self._load()
        text = self.text.text().strip()
        if self.copies and not text:
            raise ProfileError("give a text to copy")
        plan = SpellingPlan(
            self._with_prior(self.fields.fill_in(profile)),
            text if self.copies else "",
            flicker_s=self.fields.flicker_s.value(),
        )
        plan.check(self._refresh_hz)
        session = None
        if self.subject.text():
            kind = spelling_kind(profile)
            assert kind is not None
            session = Session(self.subject.text(), kind.task, self.session.text() or None)
        return SpellingChoice(
            plan,
            instruction_of(plan.profile, self.copies),
            session,
            self.full_screen.isChecked(),
            self.screens.currentData() or "",
        )

    def _with_prior(self, profile: Profile) -> Profile:
        """Return ``profile`` with the chosen text file for the prior of letters, if any."""
        file = self.prior.text().strip()
        if not file or profile.speller is None or not self.prior_row.isVisibleTo(self):
            return profile
        speller = profile.speller.model_copy(update={"text": file})
        return profile.model_copy(update={"speller": speller})

    def _choose_prior(self) -> None:
        title, kinds = "Text in the person's language", "Text (*.txt);;All (*)"
        chosen, _ = QFileDialog.getOpenFileName(self, title, "", kinds)
        if chosen:
            self.prior.setText(chosen)

    @property
    def _refresh_hz(self) -> float:
        return screen_named(self.screens.currentData() or "").refreshRate()

    def _load(self) -> Profile:
        name = self.profiles.currentText()
        profile = load_profile(name)
        if spelling_kind(profile) is None:
            raise ProfileError(f"the profile {name} is for no speller: choose p300, rsvp or ssvep")
        return profile

    def _on_profile(self) -> None:
        self.text.setEnabled(self.copies)
        try:
            profile = self._load()
        except BciError as error:
            self._show_problem(str(error))
            return
        self.instruction.setText(instruction_of(profile, self.copies))
        with suppress(ProfileError):
            text = self.text.text()
            if not can_spell(text, SpellingPlan(profile).grid):
                self.text.setText(first_text(profile))
        flashes = not SpellingPlan(profile).flickers
        for widget in (self.prior_label, self.prior_row):
            widget.setVisible(flashes)
        self.fields.set_profile(profile, decides=True, flicker_s=_FLICKER_S)
        self._show()

    def _show(self) -> None:
        try:
            plan = self.choice().plan
        except BciError as error:
            self._show_problem(str(error))
            return
        self._show_problem("")
        if plan.text:
            most = clock(plan.duration_s)
            self.summary.setText(f"{len(plan.text)} symbols, at most {most} min")
        else:
            self.summary.setText("Free spelling, until Esc")

    def _show_problem(self, problem: str) -> None:
        self.problem.setText(problem[:1].upper() + problem[1:])
        self.problem.setVisible(bool(problem))
        self.summary.setVisible(not problem)
        self.start.setEnabled(not problem)

    def _start(self) -> None:
        try:
            choice = self.choice()
        except BciError as error:
            self._show_problem(str(error))
            return
        self._remembered.spell = {
            "mode": self.modes.currentText(),
            "text": self.text.text(),
            "subject": self.subject.text(),
            "session": self.session.text(),
            "full_screen": "yes" if choice.full_screen else "no",
        }
        self.start_wanted.emit(choice)


def _spelling_profiles(profile: str) -> list[str]:
    """List the profiles for a speller: ``profile`` first, then the shipped ones."""
    names = []
    for name in dict.fromkeys((profile, *shipped_profiles())):
        try:
            if spelling_kind(load_profile(name)) is not None:
                names.append(name)
        except BciError:
            # An invalid profile is reported when it is chosen.
            continue
    return names or [profile]
