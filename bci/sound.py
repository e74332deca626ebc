"""Feedback by sound: a tone whose pitch or volume shows a value, and short chimes.

`Tone` computes samples without a sound card. `SoundOutput` plays them by PortAudio, through the
library sounddevice (extra ``sound``), which only `SoundOutput` imports.
"""

import threading
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bci.errors import DeviceError

Follows = Literal["pitch", "volume"]
Samples = NDArray[np.float32]

RATE_HZ = 48_000
# Values for level 0 and level 1: two octaves around A4, or silence to full volume.
_LOW_HZ, _HIGH_HZ = 220.0, 880.0
_VOLUME = 0.25
# Time constant of every change in seconds, long enough to avoid clicks.
_GLIDE_S = 0.03
_CHIME_HZ, _CHIME_S, _CHIME_VOLUME = 1318.5, 0.25, 0.3
_CLICK_HZ, _CLICK_S, _CLICK_VOLUME = 2000.0, 0.008, 0.5


class Tone:
    """Generator of a sine whose frequency and amplitude glide to targets.

    Its phase is continuous. ``follows`` is the property that shows the level. ``sound`` has the
    samples of the chime at ``rate_hz``; the default is a soft chime.
    """

    def __init__(
        self, follows: Follows = "pitch", rate_hz: int = RATE_HZ, sound: Samples | None = None
    ) -> None:
        self._follows = follows
        self._rate_hz = rate_hz
        self._decay = float(np.exp(-1.0 / (_GLIDE_S * rate_hz)))
        self._phase = 0.0
        self._hz = self._target_hz = _at(0.5)
        self._volume = self._target_volume = 0.0
        self._chime: Samples = np.empty(0, dtype=np.float32)
        self._sound = soft_chime(rate_hz) if sound is None else sound

    def set(self, level: float) -> None:
        """Glide to ``level``, 0 to 1; NaN glides to silence."""
        if not np.isfinite(level):
            self._target_volume = 0.0
            return
        level = min(1.0, max(0.0, level))
        if self._follows == "pitch":
            self._target_hz, self._target_volume = _at(level), _VOLUME
        else:
            self._target_volume = _VOLUME * level

    def chime(self) -> None:
        """Add a short chime, for a reward."""
        self._chime = self._sound

    def next(self, n: int) -> Samples:
        """Return the next ``n`` samples, shape (n,), from -1 to 1."""
        fading = self._decay ** np.arange(1, n + 1)
        hz = self._target_hz + (self._hz - self._target_hz) * fading
        volume = self._target_volume + (self._volume - self._target_volume) * fading
        phase = self._phase + np.cumsum(2 * np.pi * hz / self._rate_hz)
        if n:
            self._hz, self._volume = float(hz[-1]), float(volume[-1])
            self._phase = float(phase[-1] % (2 * np.pi))
        out = (volume * np.sin(phase)).astype(np.float32)
        rings = min(n, len(self._chime))
        out[:rings] += self._chime[:rings]
        self._chime = self._chime[rings:]
        return out


def soft_chime(rate_hz: int = RATE_HZ) -> Samples:
    """Compute a chime that rises in 5 ms, decays, and ends at zero."""
    t = np.arange(round(_CHIME_S * rate_hz)) / rate_hz
    shape = np.minimum(1.0, t / 0.005) * np.exp(-t / 0.06) * (1 - t / _CHIME_S)
    return (_CHIME_VOLUME * shape * np.sin(2 * np.pi * _CHIME_HZ * t)).astype(np.float32)


def click(rate_hz: int = RATE_HZ) -> Samples:
    """Compute a click of 8 ms that starts at its maximum, for timing measurements."""
    t = np.arange(round(_CLICK_S * rate_hz)) / rate_hz
    wave = np.cos(2 * np.pi * _CLICK_HZ * t) * np.exp(-t / (_CLICK_S / 4))
    return (_CLICK_VOLUME * wave).astype(np.float32)


class SoundOutput:
    """Player of a tone on the default sound card, until `close`.

    Raises
    ------
    DeviceError
        If sounddevice or PortAudio is missing, or no sound card can be opened; the message names
        the remedy.
    """

    def __init__(self, tone: Tone) -> None:
        self._tone = tone
        self._lock = threading.Lock()
        library = _library()
        try:
            self._stream: Any = library.OutputStream(
                samplerate=RATE_HZ, channels=1, dtype="float32", latency="low",
                callback=self._fill,
            )  # fmt: skip
            self._stream.start()
        except library.PortAudioError as error:
            raise DeviceError(
                f"no sound can be played ({' '.join(str(error).split())}); connect a sound card, "
                "or set the sound to none"
            ) from error

    def set(self, level: float) -> None:
        """Glide to ``level``, 0 to 1; NaN glides to silence."""
        self._do(lambda: self._tone.set(level))

    def chime(self) -> None:
        """Play a short chime."""
        self._do(self._tone.chime)

    def _do(self, change: Callable[[], None]) -> None:
        # The lock is held briefly: the callback only computes a few milliseconds of a sine.
        with self._lock:
            change()

    def _fill(self, out: Any, n: int, _time: object, _status: object) -> None:
        with self._lock:
            out[:, 0] = self._tone.next(n)

    def close(self) -> None:
        """Stop the sound and release the sound card."""
        self._stream.close(ignore_errors=True)


def _library() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise DeviceError(
            "sound needs sounddevice, which is not installed: pip install 'bci[sound]'"
        ) from error
    except OSError as error:
        # sounddevice loads PortAudio when it is imported.
        raise DeviceError(
            "sound needs PortAudio, which is not installed: apt install libportaudio2 (Linux)"
        ) from error
    return sounddevice


def _at(level: float) -> float:
    """Return the frequency in hertz of a level.

    Equal steps are equal musical intervals.
    """
    return float(_LOW_HZ * (_HIGH_HZ / _LOW_HZ) ** level)
