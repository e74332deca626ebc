"""One red button: whose recording, of what; then how long, how large, which streams."""

from pathlib import Path

from PySide6.QtCore import QRegularExpression, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from gui.actions import key_of, with_key
from gui.processes.recorder import FoundRecorder
from gui.record.saved_recording import SavedRecording
from gui.widgets.buttons import button
from gui.widgets.labels import ElidedLabel, tip
from gui.widgets.layouts import named
from gui.widgets.units import counted

FIELDS = ("subject", "session", "task")
_TIPS = {
    "subject": "Who is recorded: letters and digits",
    "session": "Which visit, if there are several: letters and digits",
    "task": "What is done: letters and digits",
}
_GOES_ON = "The recorder is a program of its own: it goes on when this window is closed."
_MOST_NAMES = 3
_LONGEST_NOTE = 200
_NO_NOTES = "This recording takes no notes, or not yet"


class RecordBar(QWidget):
    """Shows what it is given; what the user wants comes out as signals."""

    start_wanted = Signal()
    stop_wanted = Signal()
    noted = Signal(str)

    def __init__(self, values: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain")
        self.button = named(button("", ""), "record")
        self.button.clicked.connect(self.toggle)
        self.elapsed = named(QLabel(), "recording")
        self.details = named(ElidedLabel(), "details")
        self.file = named(ElidedLabel(), "dim")
        self.alarm = named(ElidedLabel(), "alarm")
        self.saved = SavedRecording()
        self._silent: tuple[tuple[str, float], ...] = ()
        self._restarts = 0
        self._restarting = False
        self._unanswered_s = 0.0
        self.note = QLineEdit()
        self.note.setPlaceholderText(with_key("Note", "note"))
        self.note.setMaxLength(_LONGEST_NOTE)
        self.note.setFixedWidth(180)
        self.note.returnPressed.connect(self._give_note)
        self.fields: dict[str, QLineEdit] = {}
        self._status: FoundRecorder | None = None
        self._waiting = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.button)
        self._labels = []
        for name in FIELDS:
            label = QLabel(name.capitalize())
            field = QLineEdit(values.get(name, ""))
            field.setValidator(QRegularExpressionValidator(QRegularExpression("[A-Za-z0-9]*")))
            field.setMaxLength(40)
            field.setMaximumWidth(130 if name == "task" else 80)
            field.setToolTip(_TIPS[name])
            field.setPlaceholderText("optional" if name == "session" else "")
            field.textChanged.connect(self._show)
            label.setBuddy(field)
            self.fields[name] = field
            self._labels.append(label)
            row.addWidget(label)
            row.addWidget(field)
        for shown in (self.elapsed, self.alarm, self.details):
            row.addWidget(shown)
        row.addWidget(self.saved, 1)
        row.addStretch()
        row.addWidget(self.note)
        row.addWidget(self.file)
        self.set_takes_notes(False)
        self._show()

    @property
    def values(self) -> dict[str, str]:
        """What is filled in, by field."""
        return {name: field.text() for name, field in self.fields.items()}

    def set_status(self, status: FoundRecorder | None) -> None:
        """What the recorder says; None while none runs."""
        before, now = (s.uid if s is not None else "" for s in (self._status, status))
        # While a recorder is started again, that there is none is what is waited through.
        if now != before and not (self._restarting and status is None):
            self._waiting = ""
            self._restarting = False
        if status is not None and self._status is None:
            self.saved.hide()
        self._status = status
        self._show()

    def set_waiting(self, what: str) -> None:
        """What was asked for and is not yet so, as ``starting ...``; empty if nothing is."""
        self._restarting = False
        self._waiting = what
        self._show()

    def set_silent(self, silent: tuple[tuple[str, float], ...]) -> None:
        """Streams that send nothing though they are recorded, with for how many seconds."""
        if silent != self._silent:
            self._silent = silent
            self._show()

    def set_restarts(self, n: int) -> None:
        """Show how often the recorder was started again in this recording; 0 where one begins."""
        self._restarts, self._restarting = n, n > 0
        self._waiting = "NOT RECORDING: the recorder is started again ..." if n else ""
        self._show()

    def set_unanswered(self, seconds: float) -> None:
        """For how long the recorder has said nothing; 0 while it does."""
        if seconds != self._unanswered_s:
            self._unanswered_s = seconds
            self._show()

    def toggle(self) -> None:
        """Start recording, or stop it."""
        if self.button.isEnabled():
            (self.start_wanted if self._status is None else self.stop_wanted).emit()

    def set_takes_notes(self, takes: bool) -> None:
        """Whether notes reach the recording."""
        self.note.setEnabled(takes)
        said = "Written into the recording with the time of Enter" if takes else _NO_NOTES
        self.note.setToolTip(f"{said} ({key_of('note')})")

    def write_note(self) -> None:
        """Let the user write a note."""
        if self.note.isVisible() and self.note.isEnabled():
            self.note.setFocus()

    def _give_note(self) -> None:
        if text := self.note.text().strip():
            self.note.clear()
            self.noted.emit(text)

    def _alarm(self) -> str:
        """Trouble of the recording that runs, in words; empty where there is none."""
        if self._unanswered_s:
            return f"the recorder has not answered for {self._unanswered_s:.0f} s"
        said = [
            f"no samples from {name} for {seconds:.0f} s"
            for name, seconds in self._silent[:_MOST_NAMES]
        ]
        missing = self._status.missing if self._status is not None else ()
        if missing:
            said.append(f"gone: {', '.join(missing[:_MOST_NAMES])}")
        if self._restarts:
            said.append(f"recorder restarted {counted(self._restarts, 'time')}")
        return "; ".join(said)

    def _show(self) -> None:
        status = self._status
        recording = status is not None
        complete = bool(self.fields["subject"].text() and self.fields["task"].text())
        self.button.setText("\u25a0  Stop" if recording else "\u25cf  Record")
        self.button.setEnabled(not self._waiting and (recording or complete))
        said = "Stop recording" if recording else "Record all streams into one file"
        if not complete and not recording:
            said = "Fill in subject and task first"
        self.button.setToolTip(f"{said} ({key_of('record')}). {_GOES_ON}")
        for widget in (*self._labels, *self.fields.values()):
            widget.setVisible(not recording)
            widget.setEnabled(not self._waiting)
        alarm = self._alarm() if status is not None else ""
        self.alarm.setText(alarm)
        self.alarm.setVisible(bool(alarm))
        self.elapsed.setVisible(recording)
        self.details.setVisible(recording or bool(self._waiting))
        self.file.setVisible(recording and not alarm)
        self.note.setVisible(recording)
        self.details.setText(self._waiting)
        if status is not None:
            self.elapsed.setText(_clock(status.elapsed_s))
            # What is wrong has the room; the streams are in the tooltip.
            described = _size(status.n_bytes) if alarm else _describe(status)
            self.details.setText("   ".join(filter(None, (described, self._waiting))))
            self.file.setText(Path(status.file).name)
            names = "\n".join(status.streams)
            self.details.setToolTip(tip(f"Recorded streams:\n{names}" if names else ""))
            self.file.setToolTip(tip(status.file))


def describe_length(status: FoundRecorder) -> str:
    """``00:41, 12.4 MB``: how long a recording is, and how large."""
    return f"{_clock(status.elapsed_s)}, {_size(status.n_bytes)}"


def _describe(status: FoundRecorder) -> str:
    """Size and streams, the signals first: they are what a recording is made for."""
    n = len(status.streams)
    signals = dict.fromkeys(name for name, _ in status.regular)
    ordered = [*signals, *(name for name in status.streams if name not in signals)]
    names = ", ".join(ordered[:_MOST_NAMES]) + (", ..." if n > _MOST_NAMES else "")
    parts = [_size(status.n_bytes), counted(n, "stream") + (f": {names}" if n else "")]
    if not status.pid:
        parts.append(f"on {status.hostname or 'another computer'}")
    return "   ".join(parts)


def _size(n_bytes: int) -> str:
    if n_bytes < 1e6:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:.2f} GB"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"
