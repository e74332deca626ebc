"""Receive the cues of a live engine, pass them to the models, and describe them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bci.engine.running_model import RunningModel
from bci.engine.trigger_cues import TriggerCues
from bci.lsl.cue_listener import CueListener
from bci.lsl.cue_streams import CueQuery
from bci.profiles.paradigm import Paradigm
from bci.signals import is_frame_note

# Number of markers without any cue that leads to a report.
_NO_CUE = 5
# Keeps a status message at a few kilobytes.
_MAX_CLASSES = 100


@dataclass(frozen=True, slots=True)
class CueStatus:
    """Cues of an engine: the model's paradigm, marker streams, and number of cues.

    ``paradigm`` is None if it has more than 100 classes. ``markers`` is None if the engine listens
    to no cues.
    """

    paradigm: dict[str, Any] | None = None
    markers: str | None = None
    n_cues: int = 0


class EngineCues:
    """Pass the markers of the cue streams on to the models that need cues.

    With ``triggers``, the cues come from a channel of the signal instead of a marker stream.
    """

    def __init__(
        self,
        query: CueQuery | None,
        signal: str,
        report: Callable[[str], None],
        triggers: TriggerCues | None = None,
    ) -> None:
        self._query = query
        self._signal = signal
        self._report = report
        self._listener: CueListener | TriggerCues | None = triggers
        self._waiting: list[RunningModel] = []
        self._n_cues = 0
        self._others: Counter[str] = Counter()
        self._unused_reported = False

    @property
    def of_signal(self) -> bool:
        """True if the cues come from the signal itself and so share its clock."""
        return isinstance(self._listener, TriggerCues)

    def pass_on(self, models: Sequence[RunningModel]) -> None:
        """Pass the new markers to those of ``models`` that need cues, without waiting."""
        self._waiting = [each for each in models if each.needs_cues]
        if self._query is None and self._listener is None:
            return
        if not self._waiting:
            self._report_unused(models)
            return
        if self._listener is None:
            assert self._query is not None
            self._listener = CueListener(self._query, self._is_cue, self._signal)
        for marker in self._listener.pull():
            if is_frame_note(marker.label):
                continue
            self._count(marker.label)
            for each in self._waiting:
                each.cue(marker)
        for sentence in self._listener.news():
            self._report(sentence)

    def describe(self, paradigm: Paradigm) -> CueStatus:
        """Describe the cues for the engine's status."""
        described = paradigm.model_dump() if len(paradigm.classes) <= _MAX_CLASSES else None
        if self._listener is None:
            return CueStatus(described)
        sources = ", ".join(self._listener.streams) or f"waiting for {self._query}"
        return CueStatus(described, sources, self._n_cues)

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def _is_cue(self, label: str) -> bool:
        return any(each.card.paradigm.asks_window(label) for each in self._waiting)

    def _count(self, label: str) -> None:
        """Count a cue; log once if the first markers are all no cues."""
        if self._is_cue(label):
            self._n_cues += 1
        elif (
            not self._n_cues
            and self._others.total() < _NO_CUE
            and not any(label == each.card.paradigm.rest_marker for each in self._waiting)
        ):
            self._others[label] += 1
            if self._others.total() == _NO_CUE:
                came = ", ".join(f"{each!r:.60} x{n}" for each, n in self._others.most_common())
                self._report(
                    f"{_NO_CUE} markers came and none is a cue of {self._waiting[0].card.name}: "
                    f"{came}; set paradigm.classes in the profile and calibrate again"
                )

    def _report_unused(self, models: Sequence[RunningModel]) -> None:
        """Log once that a named marker stream is not used by any model."""
        if self._query is None or self._query.named is None or self._unused_reported:
            return
        self._unused_reported = True
        self._report(
            f"--markers {self._query.named}: not used, since {models[0].card.name} decodes without "
            "cues; to learn from them give --adapt supervised"
        )
