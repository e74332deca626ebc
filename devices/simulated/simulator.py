"""A simulated person as a live device, with a choice of sensors, tasks and faults."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field
from pylsl import local_clock

from bci.errors import DeviceError, ProfileError
from bci.profiles.pipeline_settings import Settings
from bci.signals import Channel, Chunk, FloatArray, Marker, Reading, StreamInfo, Task, is_frame_note
from devices.simulated import erp, flicker, montages, neurofeedback, scenarios
from devices.simulated.diode import SimulatedDiode
from devices.simulated.signal import SimulatedSignal

Modality = Literal["eeg", "meg", "seeg"]
_TYPES = {"eeg": "EEG", "meg": "MEG", "seeg": "iEEG"}
_RAILED_UV = 187_500.0
DIODE = Channel("diode", "misc")
# Delay of all samples with a diode, as by an amplifier, so that a marker arrives before its light.
_DIODE_LAG_S = 0.25


class SimulatorSettings(Settings):
    """Settings of the simulator and its faults; times are in seconds from the first sample."""

    name: str = Field("simulator", min_length=1, max_length=100, description="Name of the stream")
    modality: Modality = Field("eeg", description="Scalp, MEG helmet (306 channels) or depth")
    channels: int = Field(16, ge=1, le=4096, description="How many; MEG always has 306")
    sfreq: float = Field(250.0, ge=10, le=50_000, description="Sampling rate in Hz")
    task: Task = Field("motor-imagery", description="What the simulated person does")
    cues: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Stream of cues to follow; without a name that of any guided calibration",
    )
    eog: bool = Field(False, description="Add an electrode below the eye, of kind eog, to EEG")
    diode: bool = Field(
        False, description="Add a photodiode that sees a flash at each marker of the cues"
    )
    diode_delay_s: float = Field(0.03, ge=0, le=1, description="From marker to flash in s")
    diode_jitter_s: float = Field(0.001, ge=0, le=0.1, description="Spread (sd) of that in s")
    seed: int = Field(1, ge=0, description="Same seed, same signal")
    response: float = Field(1.0, ge=0, le=100, description="Size of evoked responses; usual: 1")
    jitter_s: float = Field(0.03, ge=0, le=1, description="Jitter of their latency in s")
    flicker: str | None = Field(
        None, min_length=1, max_length=1000,
        description="Profile whose flicker is watched; without it the task's own",
    )  # fmt: skip
    chunk_s: float = Field(0.01, gt=0, le=1, description="Length of a chunk in s")
    drop: float = Field(0.0, ge=0, lt=1, description="Share of chunks lost on the way")
    drop_after_s: float = Field(0.0, ge=0, description="When chunks begin to be lost")
    pause_after_s: float | None = Field(None, ge=0, description="Begin of a pause")
    pause_s: float = Field(5.0, gt=0, description="Length of the pause")
    clock_jump_after_s: float | None = Field(None, ge=0, description="When the clock is set")
    clock_jump_s: float = Field(3600.0, description="By how much")
    rail_after_s: float | None = Field(None, ge=0, description="When the first channel rails")
    disconnect_after_s: float | None = Field(None, ge=0, description="When the plug is pulled")
    disconnect_s: float = Field(3.0, gt=0, description="How long it is out")


class SimulatorDevice:
    """Device with a simulated signal in real time; its stream states that it is simulated.

    The person has its own cues, which the seed determines. While there is a stream of cues, the
    person follows these instead, rests between them and sends no markers.
    """

    settings = SimulatorSettings
    summary = "simulated person, with faults on demand"
    transport = "none"

    def __init__(
        self, settings: SimulatorSettings, clock: Callable[[], float] = local_clock
    ) -> None:
        self._settings = settings
        self.cues = settings.cues  # Name of the stream of cues; None for any guided calibration
        self._clock = clock
        self._channels = _channels(settings)
        self._lag_s = _DIODE_LAG_S if settings.diode else 0.0
        self._diode: SimulatedDiode | None = None
        self._chunk = max(1, round(settings.chunk_s * settings.sfreq))
        self._blocks: Iterator[tuple[FloatArray, list[Marker]]] | None = None
        self._began: float | None = None
        self._out_until = 0.0
        self._disconnected = False
        self.lost_samples = 0  # Samples lost by the simulated faults so far

    @property
    def diode(self) -> SimulatedDiode | None:
        """The simulated photodiode of an open device; None if the settings have none."""
        return self._diode

    def open(self) -> None:
        """Prepare the signal, which starts with the first read.

        Raises `DeviceError` while the simulated plug is pulled.
        """
        if self._clock() < self._out_until:
            raise DeviceError("the simulated device is not plugged in")
        if self._blocks is None:
            signal = SimulatedSignal(
                self._channels, self._settings.sfreq, self._scenario(), self._settings.seed
            )
            self._person = signal.person
            self._blocks = signal.blocks()
            self._ready = np.empty((0, len(self._channels)), dtype=np.float32)
            self._markers: list[Marker] = []
            self._fault_rng = np.random.default_rng([self._settings.seed, 1])
            self._diode = self._make_diode()
            self._n = 0
            self._skipped = 0

    def describe(self) -> tuple[StreamInfo, ...]:
        """Describe one stream, which is marked as simulated."""
        settings = self._settings
        info = StreamInfo(
            settings.name, _TYPES[settings.modality], settings.sfreq,
            (*self._channels, *([DIODE] if settings.diode else [])),
            f"simulator-{settings.name}", simulated=True,
        )  # fmt: skip
        return (info,)

    def read(self, timeout: float) -> Reading:
        """Return the chunks that are due, with the configured faults.

        Raises `DeviceError` when the simulated plug is pulled.
        """
        sfreq = self._settings.sfreq
        if self._began is None:
            self._began = self._clock()
        wait = self._began + self._lag_s + (self._n + self._chunk) / sfreq - self._clock()
        if wait > 0:
            time.sleep(min(wait, timeout))
        n_due = int((self._clock() - self._lag_s - self._began) * sfreq) - self._n
        if n_due > 2 * sfreq:
            # This computer is too slow: samples that cannot be made in time are lost, not late.
            n_due = self._skip(n_due)
        n_due = min(n_due - n_due % self._chunk, round(sfreq))
        self._pull_plug()
        chunks, markers = [], []
        for _ in range(max(n_due, 0) // self._chunk):
            chunk, events = self._next_chunk()
            markers += events
            if self._is_lost(chunk):
                self.lost_samples += len(chunk.data)
            else:
                chunks.append((0, chunk))
        return Reading(chunks, markers)

    def follow(self, present: bool, markers: Sequence[Marker]) -> None:
        """Follow these markers; ``present`` is whether their stream exists."""
        if self._blocks is None:
            return
        self._person.follow(present)
        if self._began is not None:
            started = self._began + self._skipped / self._settings.sfreq
            for marker in markers:
                self._person.receive(Marker(marker.time - started, marker.label))
                if self._diode is not None and not is_frame_note(marker.label):
                    self._diode.receive(marker)

    def close(self) -> None:
        """Do nothing: no resource is open."""

    def _make_diode(self) -> SimulatedDiode | None:
        if not self._settings.diode:
            return None
        rng = np.random.default_rng([self._settings.seed, 2])
        return SimulatedDiode(self._settings.diode_delay_s, self._settings.diode_jitter_s, rng)

    def _scenario(self) -> scenarios.Scenario:
        match self._settings.task:
            case "motor-imagery":
                return scenarios.motor_imagery()
            case "emotion":
                return scenarios.emotion()
            case "speech":
                return scenarios.speech(montages.positions(self._channels))
            case "images":
                return scenarios.images()
            case "neurofeedback":
                return neurofeedback.neurofeedback()
            case "p300":
                traits = erp.ErpTraits(self._settings.response, jitter_s=self._settings.jitter_s)
                return erp.spelling(traits=traits)
            case "ssvep" | "cvep":
                return self._flicker_scenario()

    def _flicker_scenario(self) -> scenarios.Scenario:
        settings = self._settings
        traits = flicker.FlickerTraits(response=settings.response)
        if "jitter_s" in settings.model_fields_set:
            traits = replace(traits, jitter_s=settings.jitter_s)
        try:
            return flicker.watching(settings.flicker or settings.task, traits)
        except ProfileError as error:
            raise DeviceError(str(error)) from error

    def _skip(self, n_due: int) -> int:
        n = (n_due - round(self._settings.sfreq)) // self._chunk * self._chunk
        self._n += n
        self._skipped += n
        self.lost_samples += n
        return n_due - n

    def _next_chunk(self) -> tuple[Chunk, list[Marker]]:
        assert self._blocks is not None
        assert self._began is not None
        n = self._chunk
        while len(self._ready) < n:
            block, events = next(self._blocks)
            self._ready = np.concatenate([self._ready, block])
            self._markers += events
        data, self._ready = self._ready[:n], self._ready[n:]
        sfreq = self._settings.sfreq
        index = np.arange(self._n, self._n + n)
        stamps = self._began + self._clock_error(index / sfreq) + index / sfreq
        late = self._skipped / sfreq
        end = (self._n + n) / sfreq - late
        due = [marker for marker in self._markers if marker.time < end]
        self._markers = self._markers[len(due) :]
        events = [
            Marker(self._began + self._clock_error(np.array([at]))[0] + at, m.label)
            for at, m in ((m.time + late, m) for m in due)
        ]
        data = self._rail(data, index / sfreq)
        if self._diode is not None:
            light = self._diode.measure(self._began + index / sfreq, 1 / sfreq)
            data = np.column_stack([data, light])
        chunk = Chunk(data, stamps, self._n)
        self._n += n
        return chunk, events

    def _clock_error(self, times: np.ndarray) -> np.ndarray:
        after = self._settings.clock_jump_after_s
        jumped = times >= (np.inf if after is None else after)
        return np.where(jumped, self._settings.clock_jump_s, 0.0)

    def _rail(self, data: FloatArray, times: np.ndarray) -> FloatArray:
        after = self._settings.rail_after_s
        if after is not None and times[-1] >= after:
            data[times >= after, 0] = _RAILED_UV
        return data

    def _is_lost(self, chunk: Chunk) -> bool:
        settings, at = self._settings, chunk.first / self._settings.sfreq
        dropped = bool(self._fault_rng.random() < settings.drop) and at >= settings.drop_after_s
        after = settings.pause_after_s
        paused = after is not None and after <= at < after + settings.pause_s
        out = settings.disconnect_after_s
        unplugged = out is not None and out <= at < out + settings.disconnect_s
        return dropped or paused or unplugged

    def _pull_plug(self) -> None:
        after = self._settings.disconnect_after_s
        assert self._began is not None
        if after is None or self._disconnected or self._n < after * self._settings.sfreq:
            return
        self._disconnected = True
        self._out_until = self._clock() + self._settings.disconnect_s
        raise DeviceError("the simulated device was unplugged")


def _channels(settings: SimulatorSettings) -> tuple[Channel, ...]:
    eog = (montages.EOG,) if settings.eog else ()
    match settings.modality:
        case "eeg" if settings.task in ("ssvep", "cvep"):
            return (*montages.occipital(settings.channels), *eog)
        case "eeg":
            return (*montages.eeg(settings.channels), *eog)
        case "meg":
            return montages.meg()
        case "seeg":
            return montages.seeg(settings.channels)
