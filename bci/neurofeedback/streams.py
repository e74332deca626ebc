"""LSL streams of a running session: feature, rewards and runs."""

import numpy as np
import pylsl

from bci.lsl.metadata import to_lsl
from bci.lsl.outlet import MarkerOutlet
from bci.neurofeedback.session import KINDS, Update
from bci.profiles.neurofeedback import Neurofeedback
from bci.signals import Channel, Marker, StreamInfo

COLUMNS = (
    "feature", "threshold", "level", "success", "reward", "held", "run", "kind", "published",
)  # fmt: skip
"""Channels of the feature's stream, in order."""

REWARD = "reward"


class FeedbackOutlets:
    """Outlets ``<name>-feature``, ``<name>-reward`` and ``<name>-runs`` of a session.

    ``<name>-feature`` has one sample per window, in double precision, with the time of the window's
    last sample. Its channels are:


    - feature and threshold, in their unit
    - level: 0 to 1, 0.5 at the threshold; level and threshold are NaN if nothing is shown
    - success, reward and held: 0 or 1
    - run: 0 between runs
    - kind: 0 baseline, 1 feedback, 2 transfer; -1 between runs
    - published: seconds from the window's last sample to the publication

    These are the shown values: in a sham session, the other subject's values.
    """

    def __init__(
        self, name: str, source_id: str, simulated: bool, protocol: Neurofeedback, unit: str
    ) -> None:
        units = {"feature": unit, "threshold": unit, "published": "s"}
        channels = tuple(Channel(each, each, units.get(each, "1")) for each in COLUMNS)
        info = StreamInfo(
            f"{name}-feature", "Feature", 0.0, channels, f"{source_id}-feature", simulated
        )
        described = to_lsl(info, "double64")
        for key, value in (
            ("kind", protocol.feature.kind), ("direction", protocol.direction),
            ("view", protocol.shown.view), ("picture", protocol.shown.picture or ""),
        ):  # fmt: skip
            described.desc().append_child_value(key, value)
        self._feature = pylsl.StreamOutlet(described)
        self._rewards = MarkerOutlet(f"{name}-reward", f"{source_id}-reward", simulated, "Reward")
        self._runs = MarkerOutlet(f"{name}-runs", f"{source_id}-runs", simulated, "Cues")
        self._row = np.empty(len(COLUMNS))

    @property
    def has_consumers(self) -> bool:
        return self._runs.has_consumers or bool(self._feature.have_consumers())

    def publish(self, update: Update) -> float:
        """Send the shown feedback of a window; return the time of sending on the LSL clock."""
        shown, row = update.shown, self._row
        row[:3] = shown.feature, shown.threshold, shown.level
        row[3:6] = shown.success, shown.reward, shown.held
        row[6] = update.run
        row[7] = -1 if update.kind is None else KINDS.index(update.kind)
        published = float(pylsl.local_clock())
        row[8] = published - update.taken
        self._feature.push_sample(row, update.taken)
        if shown.reward:
            self._rewards.push(Marker(update.taken, REWARD))
        return published

    def mark(self, marker: Marker) -> None:
        """Send the marker of the start or the end of a run."""
        self._runs.push(marker)

    def close(self) -> None:
        """Close the outlets, so that the streams disappear from the network."""
        del self._feature
        self._rewards.close()
        self._runs.close()
