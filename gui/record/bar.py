"""The record bar: button, subject and task, then length, size and streams."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from bci.lsl.recorders import FoundRecorder
from gui.actions import key_of, with_key
from gui.widgets.buttons import button
from gui.widgets.labels import ElidedLabel, label_field, tip
from gui.widgets.layouts import named, row_of
from gui.widgets.units import counted

FIELDS = {
    "subject": "Who is recorded: letters and digits",
    "session": "Which visit, if there are several: letters and digits",
    "task": "What is done: letters and digits",
}
_GOES_ON = "The recorder is a program of its own: it continues when this window is closed."
_MAX_NAMES = 3
_MAX_NOTE = 200


@dataclass(frozen=True)
class RecordState:
    """State of the recording, as the bar shows it."""

    recorder: FoundRecorder | None = None
    waiting: str = ""  # a request that is not yet fulfilled, such as ``starting ...``
    # Recorded streams that send nothing, with the seconds since their last sample.
    silent: tuple[tuple[str, float], ...] = ()
    restarts: int = 0
    unanswered_s: float = 0.0  # 0 while the recorder answers
    takes_notes: bool = False  # whether the stream of notes is recorded

    @property
    def alarm(self) -> str:
        """The problems of the current recording, in words; empty without any."""
        if self.recorder is None:
            return ""
        if self.unanswered_s:
            return f"the recorder has not answered for {self.unanswered_s:.0f} s"
        troubles = [
            f"no samples from {name} for {seconds:.0f} s"
            for name, seconds in self.silent[:_MAX_NAMES]
        ]
        if self.recorder.missing:
            troubles.append(f"gone: {', '.join(self.recorder.missing[:_MAX_NAMES])}")
        if self.restarts:
            troubles.append(f"recorder restarted {counted(self.restarts, 'time')}")
        return "; ".join(troubles)


class RecordBar(QWidget):
    """Shows a `RecordState`; emits the user's choices as signals."""

    start_wanted = Signal()
    stop_wanted = Signal()
    noted = Signal(str)

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._state = RecordState()
        self.button = button("", "", self.toggle, "record")
        self.elapsed = named(QLabel(), "recording")
        self.details = named(ElidedLabel(), "details")
        self.file = named(ElidedLabel(), "dim")
        self.alarm = named(ElidedLabel(), "alarm")
        self.saved = SavedRecording()
        self.note = QLineEdit(placeholderText=with_key("Note", "note"), maxLength=_MAX_NOTE)
        self.note.setFixedWidth(180)
        self.note.returnPressed.connect(self._give_note)
        self.fields: dict[str, QLineEdit] = {}
        self._before: list[QWidget] = []  # labels and fields that a recording needs
        for name in FIELDS:
            self._add_field(name, values.get(name, ""))
        # A large stretch, so that the saved recording gets the width before the empty space.
        shown = self.elapsed, self.alarm, self.details, (self.saved, 100), None
        parts = self.button, *self._before, *shown, self.note, self.file
        self.setLayout(row_of(*parts, margins=(8, 4, 8, 4)))
        self._show()

    @property
    def values(self) -> dict[str, str]:
        """Texts of the fields, by name."""
        return {name: field.text() for name, field in self.fields.items()}

    def show_state(self, state: RecordState) -> None:
        """Show the state of the recording."""
        if state.recorder is not None and self._state.recorder is None:
            self.saved.hide()
        self._state = state
        self._show()

    def toggle(self) -> None:
        """Request to start or to stop a recording, if the button is enabled."""
        if self.button.isEnabled():
            (self.start_wanted if self._state.recorder is None else self.stop_wanted).emit()

    def write_note(self) -> None:
        """Move the keyboard focus to the field of notes, if notes can be written."""
        if self.note.isVisible() and self.note.isEnabled():
            self.note.setFocus()

    def _add_field(self, name: str, value: str) -> None:
        label, field = QLabel(name.capitalize()), label_field(value, FIELDS[name])
        field.setMaximumWidth(130 if name == "task" else 80)
        field.setPlaceholderText("optional" if name == "session" else "")
        field.textChanged.connect(self._show)
        label.setBuddy(field)
        self.fields[name] = field
        self._before += [label, field]

    def _give_note(self) -> None:
        if text := self.note.text().strip():
            self.note.clear()
            self.noted.emit(text)

    def _show(self) -> None:
        state, recorder = self._state, self._state.recorder
        is_recording = recorder is not None
        is_complete = bool(self.fields["subject"].text() and self.fields["task"].text())
        does = (
            "Record all streams into one file" if is_complete else "Fill in subject and task first"
        )
        if is_recording:
            does = "Stop recording"
        self.button.setText("\u25a0  Stop" if is_recording else "\u25cf  Record")
        self.button.setEnabled(not state.waiting and (is_recording or is_complete))
        self.button.setToolTip(f"{does} ({key_of('record')}). {_GOES_ON}")
        for widget in self._before:
            widget.setVisible(not is_recording)
            widget.setEnabled(not state.waiting)
        alarm = state.alarm
        self.alarm.setText(alarm)
        self.alarm.setVisible(bool(alarm))
        self.elapsed.setVisible(is_recording)
        self.details.setVisible(is_recording or bool(state.waiting))
        self.file.setVisible(is_recording and not alarm)
        self.note.setVisible(is_recording)
        self.note.setEnabled(state.takes_notes)
        does = "Written into the recording with the time of Enter"
        does = does if state.takes_notes else "This recording takes no notes, or not yet"
        self.note.setToolTip(with_key(does, "note"))
        self.details.setText(state.waiting)
        if recorder is not None:
            self.elapsed.setText(_clock(recorder.elapsed_s))
            # An alarm gets the space of the streams, which are in the tooltip.
            described = _size(recorder.n_bytes) if alarm else _describe(recorder)
            self.details.setText("   ".join(filter(None, (described, state.waiting))))
            self.file.setText(Path(recorder.file).name)
            names = "\n".join(recorder.streams)
            self.details.setToolTip(tip(f"Recorded streams:\n{names}" if names else ""))
            self.file.setToolTip(tip(recorder.file))


class SavedRecording(QWidget):
    """The files of the last recording, with buttons to open the file or its folder.

    Shown from the end of a recording until the next one begins.
    """

    open_wanted = Signal(object)  # Path
    folder_wanted = Signal(object)  # Path of a file in it

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("plain")
        self.files: tuple[Path, ...] = ()
        self.text = named(ElidedLabel(), "dim")
        does = with_key("Look through it in Recordings", "open-saved")
        self.open = button("Open", does, partial(self._emit, self.open_wanted), "narrow")
        does = with_key("Open its folder", "saved-folder")
        self.folder = button(
            "Show in folder", does, partial(self._emit, self.folder_wanted), "narrow"
        )
        self.setLayout(row_of(None, self.text, self.open, self.folder, spacing=4))
        self.hide()

    def show_files(self, files: tuple[Path, ...], described: str) -> None:
        """Show the files of one recording, oldest first; several after restarts.

        ``described`` are words on its length and size.
        """
        self.files = files
        names = ", ".join(file.name for file in reversed(files))
        several = f"{counted(len(files), 'file')}: " if len(files) > 1 else ""
        self.text.setText(f"Saved {several}{names} ({described})")
        self.show()

    def _emit(self, wanted: SignalInstance) -> None:
        if self.files:
            wanted.emit(self.files[-1])


def describe_length(recorder: FoundRecorder) -> str:
    """Return the length and size of a recording: ``00:41, 12.4 MB``."""
    return f"{_clock(recorder.elapsed_s)}, {_size(recorder.n_bytes)}"


def _describe(recorder: FoundRecorder) -> str:
    """Return size and streams of a recording in words, signal streams first."""
    n = len(recorder.streams)
    signals = dict.fromkeys(name for name, _ in recorder.regular)
    ordered = [*signals, *(name for name in recorder.streams if name not in signals)]
    names = ", ".join(ordered[:_MAX_NAMES]) + (", ..." if n > _MAX_NAMES else "")
    parts = [_size(recorder.n_bytes), counted(n, "stream") + (f": {names}" if n else "")]
    if not recorder.pid:
        parts.append(f"on {recorder.hostname or 'another computer'}")
    return "   ".join(parts)


def _size(n_bytes: int) -> str:
    if n_bytes < 1e6:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:.2f} GB"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"
