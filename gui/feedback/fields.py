"""Fields for the settings of a neurofeedback session."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QWidget

from bci.errors import BciError, ProfileError
from bci.profiles.profile import load_profile, shipped_profiles
from bci.recording.bids.names import Session
from gui.feedback.choice import FeedbackChoice
from gui.presenter.screens import screen_titles
from gui.widgets.buttons import button
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import ElidedLine, Sentence, label_field
from gui.widgets.layouts import column_of, form, inset, named, row_of

_TASK = "neurofeedback"
_DESCRIBED = {
    "band_power": "band power", "ratio": "ratio of bands", "asymmetry": "asymmetry",
    "coherence": "coherence", "slow_potential": "slow potential",
}  # fmt: skip


class FeedbackFields(QWidget):
    """Fields for profile, subject, screen, and sham feedback of a controlled study."""

    changed = Signal()

    def __init__(self, profile: str, filled: dict[str, str]) -> None:
        super().__init__()
        self.profiles = ComboBox()
        self.profiles.addItems(feedback_profiles(profile))
        # A protocol that the dashboard was opened on has precedence over the last session's.
        chosen = profile if _is_protocol(profile) else filled.get("profile", profile)
        self.profiles.setCurrentText(chosen)
        self.subject = label_field(filled.get("subject", ""), "Letters and digits")
        self.subject.setPlaceholderText("empty: not recorded")
        self.session = label_field(filled.get("session", ""), "Number of the visit")
        self.session.setPlaceholderText("optional")
        self.screens = ComboBox()
        self.full_screen = QCheckBox("Full screen")
        self.full_screen.setChecked(filled.get("full_screen") == "yes")
        self.sham = ElidedLine()
        self.sham.setPlaceholderText("empty: real")
        self.code = QLineEdit(maxLength=60)
        self.code.setPlaceholderText("empty: always sham")
        browse = button("...", "Choose a recording of another session", self._choose, "narrow")
        self.about = named(Sentence(), "dim")
        rows = form(
            ("Protocol", self.profiles),
            ("", self.about),
            ("Subject", self.subject),
            ("Session", self.session),
            ("Subject's screen", self.screens),
            ("", self.full_screen),
            ("Sham from", _beside(self.sham, browse)),
            ("Draw by code", self.code),
        )
        self.setLayout(column_of(inset(column_of(rows, None))))
        self.profiles.currentTextChanged.connect(self._on_changed)
        # Without a recording for sham, the feedback is real whatever the code.
        self.sham.textChanged.connect(lambda text: self.code.setEnabled(bool(text)))
        self.code.setEnabled(False)
        for line in (self.subject, self.session, self.sham, self.code):
            line.textChanged.connect(self._on_changed)
        self._on_changed()

    def list_screens(self) -> None:
        """List the connected screens, and keep the chosen one."""
        chosen = self.screens.currentData()
        self.screens.clear()
        for name, title in screen_titles().items():
            self.screens.addItem(title, name)
        self.screens.setCurrentIndex(max(0, self.screens.findData(chosen)))
        self.screens.setEnabled(self.screens.count() > 1)

    def choice(self) -> FeedbackChoice:
        """Return the filled-in settings.

        Raises
        ------
        BciError
            If a field is invalid; the message names the problem.
        """
        name = self.profiles.currentText()
        profile = load_profile(name)
        if profile.neurofeedback is None:
            raise ProfileError(f"{name} has no section neurofeedback")
        session = None
        if self.subject.text():
            session = Session(self.subject.text(), _TASK, self.session.text() or None)
        sham = Path(self.sham.text()) if self.sham.text() else None
        if sham is not None and not sham.exists():
            raise ProfileError(f"{sham}: no such file to take sham feedback from")
        return FeedbackChoice(
            name, profile.neurofeedback, profile.output.name, session,
            self.full_screen.isChecked(), self.screens.currentData() or "", sham,
            self.code.text(),
        )  # fmt: skip

    @property
    def filled(self) -> dict[str, str]:
        """The values to store for the next session."""
        return {
            "profile": self.profiles.currentText(),
            "subject": self.subject.text(),
            "session": self.session.text(),
            "full_screen": "yes" if self.full_screen.isChecked() else "no",
        }

    def _on_changed(self) -> None:
        try:
            protocol = self.choice().protocol
        except BciError as error:
            self.about.setText(str(error))
        else:
            feature, threshold = protocol.feature, protocol.threshold
            band = "" if feature.band_hz is None else " {:g} to {:g} Hz".format(*feature.band_hz)
            self.about.setText(
                f"{_DESCRIBED[feature.kind]}{band}, {protocol.direction}; "
                f"threshold {threshold.kind}"
            )
        self.changed.emit()

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Recording of another session", "")
        if chosen:
            self.sham.setText(chosen)


def feedback_profiles(given: str) -> list[str]:
    """List the profiles with neurofeedback, ``given`` first if it is one."""
    shipped = [name for name in shipped_profiles() if _is_protocol(name)]
    return list(dict.fromkeys([given, *shipped] if _is_protocol(given) else shipped))


def _is_protocol(name: str) -> bool:
    try:
        return load_profile(name).neurofeedback is not None
    except BciError:
        return False


def _beside(field: QWidget, push: QWidget) -> QWidget:
    both = named(QWidget(), "plain")
    both.setLayout(row_of((field, 1), push))
    return both
