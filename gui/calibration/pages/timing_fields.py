"""Fields for the numbers of a run: trials per class, and seconds per step."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

from bci.tasks.paradigms import CueTiming
from gui.widgets.layouts import form

_MAX_S, _MAX_TRIALS = 600.0, 500
_STEPS = (
    ("rest_s", "Rest first", "Before the first cue: the threshold is chosen on rest", 0.0),
    ("baseline_s", "Cross alone", "Fixation cross before each cue", 0.1),
    ("cue_s", "Cue", "Duration of the cue itself", 0.1),
    ("task_s", "Task", "From the end of the cue until the screen is blank", 0.1),
    ("pause_min_s", "Pause, at least", "The empty screen between two trials", 0.0),
    ("pause_max_s", "Pause, at most", "Each pause is drawn between the two", 0.0),
)


class TimingFields(QWidget):
    """One field for the number of trials, and one for the seconds of each step."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.trials = QSpinBox(minimum=1, maximum=_MAX_TRIALS)
        self.trials.setToolTip("Number of times that each class, word, picture or mood is shown")
        self.fields: dict[str, QDoubleSpinBox] = {}
        rows: list[tuple[str, QSpinBox | QDoubleSpinBox]] = [("Trials of each", self.trials)]
        for name, label, tip, least in _STEPS:
            step_s = 15.0 if name == "rest_s" else 0.25
            self.fields[name] = decimal_field(least, _MAX_S, step_s, " s", tip)
            rows.append((label, self.fields[name]))
        self.setLayout(form(*rows))
        for _, field in rows:
            field.setMinimumWidth(110)
            field.valueChanged.connect(self.changed)

    def set_values(self, timing: CueTiming, trials: int) -> None:
        self.trials.setValue(trials)
        for name, field in self.fields.items():
            field.setValue(getattr(timing, name))

    @property
    def timing(self) -> CueTiming:
        return CueTiming(**{name: field.value() for name, field in self.fields.items()})


def decimal_field(least: float, most: float, step: float, suffix: str, tip: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox(minimum=least, maximum=most, singleStep=step, suffix=suffix)
    field.setToolTip(tip)
    return field
