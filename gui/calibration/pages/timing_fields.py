"""Numbers of a run: trials a class, and the seconds of each step."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from bci.tasks.paradigms import CueTiming

_MAX_S, _MAX_TRIALS = 60.0, 500
# A style sheet does not reach the text of these fields.
ROOM = (6, 0, 6, 0)
_STEPS = (
    ("baseline_s", "Cross alone", "Fixation cross before each cue", 0.1),
    ("cue_s", "Cue", "Duration of the cue itself", 0.1),
    ("task_s", "Task", "From the end of the cue until the screen is blank", 0.1),
    ("pause_min_s", "Pause, at least", "The empty screen between two trials", 0.0),
    ("pause_max_s", "Pause, at most", "Each pause is drawn between the two", 0.0),
)


class TimingFields(QWidget):
    """One field a number."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(9)
        form.setHorizontalSpacing(14)
        self.trials = QSpinBox()
        self.trials.setRange(1, _MAX_TRIALS)
        self.trials.setToolTip("Number of times that each class, word, picture or mood is shown")
        self.trials.valueChanged.connect(self.changed)
        self.trials.setMinimumWidth(110)
        self.trials.lineEdit().setTextMargins(*ROOM)
        form.addRow("Trials of each", self.trials)
        self.fields: dict[str, QDoubleSpinBox] = {}
        for name, label, tip, least in _STEPS:
            field = QDoubleSpinBox()
            field.setRange(least, _MAX_S)
            field.setDecimals(2)
            field.setSingleStep(0.25)
            field.setSuffix(" s")
            field.setToolTip(tip)
            field.valueChanged.connect(self.changed)
            field.setMinimumWidth(110)
            field.lineEdit().setTextMargins(*ROOM)
            self.fields[name] = field
            form.addRow(QLabel(label), field)

    def set_values(self, timing: CueTiming, trials: int) -> None:
        self.trials.setValue(trials)
        for name, field in self.fields.items():
            field.setValue(getattr(timing, name))

    @property
    def timing(self) -> CueTiming:
        return CueTiming(**{name: field.value() for name, field in self.fields.items()})
