"""A speller without a screen: hand-made frames, and the predictions of a perfect decoder."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPainter

from bci.profiles.profile import load_profile
from bci.signals import Marker
from bci.stimulus.frames import Frame
from gui.paradigms.plan import ShownRun, SpellingPlan, make_run
from gui.paradigms.speller_scene import SpellerScene

HZ = 60.0
SFREQ = 250.0
SIZE = QSize(800, 500)
CLASSES = ("nontarget", "target")


def quick_plan(
    profile: str = "p300",
    text: str = "",
    decides: bool = True,
    feedback_s: float = 0.2,
    repetitions: int = 2,
    flash_s: float = 0.05,
    target_s: float = 0.5,
) -> SpellingPlan:
    """Return a plan with short flashes, gaps of the same length, and short waits."""
    given = load_profile(profile)
    times = {"flash_s": flash_s, "gap_s": flash_s, "target_s": target_s, "feedback_s": feedback_s}
    times |= {"min_repetitions": 1, "max_repetitions": repetitions}
    settings = (given.speller or load_profile("p300").speller).model_copy(update=times)
    return SpellingPlan(given.model_copy(update={"speller": settings}), text, decides, 2.0)


class FramedSpeller:
    """Shows frames one after another, and answers each flash as a perfect decoder would."""

    def __init__(self, plan: SpellingPlan) -> None:
        self.markers: list[Marker] = []
        classes = CLASSES if not plan.flickers else tuple(sorted(plan.grid.symbols))
        self.made: ShownRun = make_run(plan, HZ, classes, SFREQ, lambda _selected: None)
        self.run = self.made.run
        self.scene = SpellerScene(self.run, self.made.view, plan.settings.confidence)
        self._delay_s = plan.profile.paradigm.start_s + plan.profile.pipeline.window_s
        self._answers: list[tuple[float, np.ndarray]] = []
        self.frame = 0

    @property
    def now(self) -> float:
        return 100.0 + self.frame / HZ

    def show(self, n: int = 1) -> list[str]:
        """Show frames; return the labels of their markers."""
        labels: list[str] = []
        for _ in range(n):
            self.frame += 1
            for taken, shares in [each for each in self._answers if each[0] <= self.now]:
                self.run.received(taken, shares)
            self._answers = [each for each in self._answers if each[0] > self.now]
            shown = self.scene.advance(Frame(self.frame, self.now))
            self.scene.shown(self.now, shown)
            self._take(shown)
            labels += shown
        return labels

    def image(self) -> QImage:
        """Paint the frame."""
        image = QImage(SIZE, QImage.Format.Format_RGB32)
        with QPainter(image) as painter:
            self.scene.paint(painter, SIZE)
        return image

    def _take(self, labels: Sequence[str]) -> None:
        for label in labels:
            self.markers.append(Marker(self.now, label))
            kind = label.partition("/")[0]
            if kind in CLASSES:
                share = 0.95 if kind == "target" else 0.05
                taken = self.now + self._delay_s - 1 / SFREQ
                self._answers.append((taken, np.array([1 - share, share])))
