"""Fields for a speller: flashes or flicker, and the end of a selection."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from bci.errors import ProfileError
from bci.profiles.flicker import Brightness
from bci.profiles.profile import Profile
from bci.profiles.speller_settings import SpellerSettings
from gui.paradigms.plan import calibration_repetitions
from gui.widgets.layouts import form

_DARKEST_TIP = "Luminance of a field at its darkest, of the screen's largest"
_BRIGHTEST_TIP = "Luminance of a field at its brightest: less is easier on the eyes"


class SpellerFields(QWidget):
    """One field per number; fields that the profile does not use are hidden."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.flash_ms = _number(10, 2000, 10, " ms", "Time that a group is bright")
        self.gap_ms = _number(0, 2000, 10, " ms", "Time from one flash to the next")
        self.fewest = _number(1, 100, 1, "", "Repetitions of all flashes before a selection")
        self.most = _number(1, 100, 1, "", "Repetitions after which a selection ends")
        self.confidence = _number(10, 100, 1, " %", "Certainty at which a selection ends")
        self.target_s = _seconds(0.5, 60.0, "Time to find the symbol, before flashes or flicker")
        self.feedback_s = _seconds(0.2, 60.0, "Time for which the selected symbol is shown")
        self.flicker_s = _seconds(0.5, 60.0, "Flicker after which a selection ends")
        self.darkest = _number(0, 100, 5, " %", _DARKEST_TIP)
        self.brightest = _number(0, 100, 5, " %", _BRIGHTEST_TIP)
        rows = (
            ("Flash", self.flash_ms), ("Gap", self.gap_ms), ("Repetitions, at least", self.fewest),
            ("Repetitions, at most", self.most), ("Flicker, at most", self.flicker_s),
            ("Certainty", self.confidence), ("Time to find", self.target_s),
            ("Feedback", self.feedback_s), ("Luminance, darkest", self.darkest),
            ("Luminance, brightest", self.brightest),
        )  # fmt: skip
        layout = form(*rows)
        self.setLayout(layout)
        self._form: QFormLayout = layout
        for _, field in rows:
            field.setMinimumWidth(110)
            field.valueChanged.connect(self.changed)

    def set_profile(self, profile: Profile, decides: bool, flicker_s: float) -> None:
        """Fill in the values of a profile.

        ``decides`` is False in a calibration, where some fields are hidden. ``flicker_s`` is the
        longest flicker of a selection, in seconds. Raises `ProfileError` if the flashes of a
        calibration cannot be made.
        """
        own = profile.speller or SpellerSettings.model_validate({})
        shown = profile.paradigm.flicker or profile.paradigm.codes
        light = shown.luminance if shown is not None else Brightness.model_validate({})
        flashes = shown is None
        most = own.max_repetitions
        if flashes and not decides:
            most = calibration_repetitions(profile)
        values: dict[QSpinBox | QDoubleSpinBox, float] = {
            self.flash_ms: round(1000 * own.flash_s), self.gap_ms: round(1000 * own.gap_s),
            self.fewest: own.min_repetitions, self.most: most,
            self.confidence: round(100 * own.confidence), self.target_s: own.target_s,
            self.feedback_s: own.feedback_s, self.flicker_s: flicker_s,
            self.darkest: round(100 * light.darkest), self.brightest: round(100 * light.brightest),
        }  # fmt: skip
        with QSignalBlocker(self):
            for field, value in values.items():
                if isinstance(field, QSpinBox):
                    field.setValue(int(value))
                else:
                    field.setValue(value)
        for fields, visible in (
            ((self.flash_ms, self.gap_ms, self.most), flashes),
            ((self.fewest,), flashes and decides),
            ((self.confidence, self.feedback_s), decides),
            ((self.flicker_s, self.darkest, self.brightest), not flashes),
        ):
            for field in fields:
                self._form.setRowVisible(field, visible)
        self.changed.emit()

    def fill_in(self, profile: Profile) -> Profile:
        """Return a copy of ``profile`` with the values of the fields.

        Raises `ProfileError` if the darkest luminance is not below the brightest.
        """
        paradigm = profile.paradigm
        light = {
            "darkest": self.darkest.value() / 100,
            "brightest": self.brightest.value() / 100,
        }
        for name in ("flicker", "codes"):
            shown = getattr(paradigm, name)
            if shown is not None:
                if light["darkest"] >= light["brightest"]:
                    raise ProfileError("the darkest luminance must be below the brightest")
                luminance = Brightness.model_validate(light)
                changed = shown.model_copy(update={"luminance": luminance})
                paradigm = paradigm.model_copy(update={name: changed})
        own = (profile.speller or SpellerSettings.model_validate({})).model_dump(exclude_unset=True)
        own |= {
            "flash_s": self.flash_ms.value() / 1000,
            "gap_s": self.gap_ms.value() / 1000,
            "min_repetitions": min(self.fewest.value(), self.most.value()),
            "max_repetitions": self.most.value(),
            "confidence": self.confidence.value() / 100,
            "target_s": self.target_s.value(),
            "feedback_s": self.feedback_s.value(),
        }
        speller = SpellerSettings.model_validate(own)
        return profile.model_copy(update={"paradigm": paradigm, "speller": speller})


def _number(least: int, most: int, step: int, suffix: str, tip: str) -> QSpinBox:
    field = QSpinBox(minimum=least, maximum=most, singleStep=step, suffix=suffix)
    field.setToolTip(tip)
    return field


def _seconds(least: float, most: float, tip: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox(minimum=least, maximum=most, singleStep=0.5, suffix=" s", decimals=1)
    field.setToolTip(tip)
    return field
