"""A simulated person who follows cues that come over LSL: a real stream, a real reaction."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from pylsl import local_clock

from bci.lsl.discovery import StreamQuery, StreamWatch
from bci.lsl.inlet import MarkerInlet
from bci.lsl.outlet import SignalOutlet
from bci.types import Channel, Chunk, StreamInfo

_SFREQ = 128.0
_NAMES = ("FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4", "Pz")
_MU_HZ, _MU_UV = 11.0, 12.0
_CHUNK = 8
# Which side's rhythm falls: that opposite to the hand.
_FALLS = {"left": "C4", "right": "C3"}


@contextmanager
def cued_person(name: str, cues: str) -> Iterator[StreamInfo]:
    """Streams until the block ends; the mu rhythm falls opposite to the hand that is cued."""
    channels = tuple(Channel(n, "eeg", "uV") for n in _NAMES)
    info = StreamInfo(name, "EEG", _SFREQ, channels, name, simulated=True)
    stop = threading.Event()
    thread = threading.Thread(target=_live, args=(info, cues, stop), daemon=True)
    thread.start()
    try:
        yield info
    finally:
        stop.set()
        thread.join(5)


def _live(info: StreamInfo, cues: str, stop: threading.Event) -> None:
    outlet = SignalOutlet(info)
    watch = StreamWatch(StreamQuery(name=cues))
    inlet: MarkerInlet | None = None
    rng = np.random.default_rng(5)
    cue, began, n = "", local_clock(), 0
    while not stop.is_set():
        if inlet is None and (found := watch.poll()):
            inlet = MarkerInlet(found[0])
        for marker in inlet.pull() if inlet is not None else ():
            cue = marker.label
        while (n + _CHUNK) / _SFREQ <= local_clock() - began:
            index = np.arange(n, n + _CHUNK)
            data = rng.normal(0, 4, (_CHUNK, len(_NAMES)))
            for channel, phase in (("C3", 0.3), ("C4", 1.9)):
                strength = 0.15 if _FALLS.get(cue) == channel else 1.0
                wave = np.sin(2 * np.pi * _MU_HZ * index / _SFREQ + phase)
                data[:, _NAMES.index(channel)] += strength * _MU_UV * wave
            outlet.push(Chunk(data.astype(np.float32), began + index / _SFREQ, n))
            n += _CHUNK
        time.sleep(0.01)
    if inlet is not None:
        inlet.close()
    outlet.close()
