"""The window of several people, with simulated signals."""

from pylsl import local_clock
from PySide6.QtWidgets import QWidget

from gui.people.window import PeopleWindow
from gui.theme import Theme
from gui.workers.stream_readers import SignalFound
from tests.gui.gallery import simulated

_SECONDS = 12.0
_NAMES = ("anna", "ben", "chidi", "dora", "emil", "fatima", "goran", "hana")


def people(theme: Theme, n: int = 4) -> QWidget:
    """Return the window of ``n`` people; the last one's stream is lost."""
    window = PeopleWindow(_NAMES[:n])
    window.theme = theme
    start = local_clock() - _SECONDS
    for k, card in enumerate(window.cards):
        is_last = k == n - 1 > 1
        card.show_signal(SignalFound(simulated.INFO, simulated.ring(_SECONDS, start)))
        card.show_engine(simulated.CLASSES, True)
        card.show_status(
            simulated.STATUS.model_copy(
                update={
                    "state": "stream lost" if is_last else "running",
                    "stream": "headset", "source_id": f"headset-{k:02d}",
                    "samples": 154_250 - 500 * k, "lost_samples": 12 * (k % 3 == 2),
                    "clock_offset_s": (-1) ** k * 3.5012 * k, "clock_error_s": 1e-4 * (1 + k % 3),
                    "clock_drift_ppm": (-1) ** k * 21.0 * k,
                    "latency_p50_ms": 3.4 + 0.2 * k, "latency_p99_ms": 7.9 + k,
                }
            )
        )  # fmt: skip
        card.show_quality(simulated.quality())
        received = simulated.received(_SECONDS, start)
        card.show_predictions(received[: len(received) - 7 * k])
        card.advance()
    return window


def eight_people(theme: Theme) -> QWidget:
    return people(theme, 8)


def two_people(theme: Theme) -> QWidget:
    return people(theme, 2)
