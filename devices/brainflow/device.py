"""Amplifiers through BrainFlow: OpenBCI, Muse, BrainBit, Unicorn, ANT Neuro and many more."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pylsl import local_clock

from bci.clock.dejitter import DeviceClock
from bci.clock.package_counter import PackageCounter
from bci.errors import DeviceError
from bci.interfaces import Device
from bci.signals import Chunk, Marker, Reading, StreamInfo
from devices.brainflow.boards import (
    BoardStream,
    BrainFlowSettings,
    board_shim,
    board_streams,
    boards,
    check_needs,
    find_board,
    impedance_commands,
)
from devices.brainflow.errors import explain
from devices.brainflow.impedance import ImpedanceMeter
from devices.catalogue import Entry, make

# BrainFlow reports new samples only on request.
_POLL_S = 0.004
# A streaming board is never silent for this long, in seconds. An unplugged board is silent without
# an error.
_SILENCE_S = 3.0
_BUFFER_S = 60
_SYNTHETIC = "synthetic"


@dataclass
class _Preset:
    """One of a board's data arrays: its streams with their rows, its clock and packet counter."""

    number: int
    description: dict[str, Any]
    streams: list[tuple[int, tuple[int, ...]]]
    counter: PackageCounter
    clock: DeviceClock = field(default_factory=DeviceClock)
    latest: float = float("-inf")

    def take(self, data: NDArray[np.float64]) -> Reading:
        """Convert BrainFlow's data, shape (n_rows, n_samples), to chunks and markers."""
        arrived = local_clock()
        taken = np.maximum.accumulate(data[self.description["timestamp_channel"]])
        # An update of the clock's offset must not make time stamps decrease.
        times = np.maximum(self.clock.to_lsl(taken, arrived), self.latest)
        self.latest = float(times[-1])
        package = self.description.get("package_num_channel")
        numbers = np.zeros(len(times)) if package is None else data[package]
        indices = self.counter.count(numbers, times)
        seams = [0, *(np.flatnonzero(np.diff(indices) != 1) + 1).tolist(), len(times)]
        chunks = []
        for stream, rows in self.streams:
            values = np.ascontiguousarray(data[list(rows)].T, dtype=np.float32)
            for start, stop in pairwise(seams):
                part = slice(start, stop)
                first = int(indices[start])
                chunks.append((stream, Chunk(values[part], times[part], first, arrived)))
        values = data[self.description["marker_channel"]]
        markers = [
            Marker(float(times[at]), f"{values[at]:g}") for at in np.flatnonzero(values).tolist()
        ]
        return Reading(chunks, markers)


class BrainFlowDevice:
    """A board of BrainFlow.

    From a file or a network stream of BrainFlow, the default preset is read. BrainFlow's playback
    leaves out the markers of a file.


    Raises `DeviceError` if BrainFlow is not installed, has no such board, or the board needs a
    parameter that is missing.
    """

    def __init__(self, settings: BrainFlowSettings) -> None:
        self._settings = settings
        self._board = find_board(settings.board)
        check_needs(settings, self._board)
        self._streams: tuple[BoardStream, ...] = board_streams(settings, self._board)
        self._shim: Any = None
        self._streaming = False
        self._presets: list[_Preset] = []

    @property
    def lost_packages(self) -> int:
        """Number of lost packets since the board was opened, by its counter."""
        return sum(preset.counter.lost_packages for preset in self._presets)

    def describe(self) -> tuple[StreamInfo, ...]:
        """Describe one stream per kind of signal; the EEG is the first if there is one."""
        return tuple(stream.info for stream in self._streams)

    def open(self) -> None:
        """Connect and configure the board; the first read starts the samples."""
        self.close()
        module = board_shim()
        self._error: type[Exception] = module.BrainFlowError
        shim = module.BoardShim(self._board.board_id, self._input_params(module))
        try:
            shim.prepare_session()
        except self._error as error:
            _disown(shim)
            raise self._trouble(error) from error
        self._shim = shim
        try:
            commands = impedance_commands(self._board.name) if self._settings.impedance else ()
            for command in (*self._settings.config, *commands):
                self._shim.config_board(command)
        except self._error as error:
            self.close()
            raise self._trouble(error) from error
        self._presets = self._read_presets()
        self._streaming = False
        main = self._streams[0]
        self._meter = ImpedanceMeter(main.info.sfreq) if not self._streams[-1].rows else None

    def read(self, timeout: float) -> Reading | None:
        """Read new samples; wait for them up to ``timeout`` seconds.

        Returns None at the end of a file that is played back, which is detected by three seconds
        without samples.
        """
        if self._shim is None:
            raise DeviceError(f"board {self._board.name} is not open")
        try:
            if not self._streaming:
                self._start()
            self._wait(timeout)
            batches = [(p, self._shim.get_board_data(preset=p.number)) for p in self._presets]
        except self._error as error:
            raise self._trouble(error) from error
        reading = Reading([], [])
        for preset, data in batches:
            if data.shape[1]:
                taken = preset.take(data)
                reading.chunks.extend(taken.chunks)
                reading.markers.extend(taken.markers)
        if batches[0][1].shape[1]:
            self._received_at = local_clock()
        elif local_clock() - self._received_at > _SILENCE_S:
            if self._settings.board == "playback":
                return None
            raise DeviceError(
                f"board {self._board.name} has sent nothing for {_SILENCE_S:g} s; "
                "is it switched on, plugged in and in range?"
            )
        if self._meter is not None:
            self._measure(reading)
        return reading

    def command(self, text: str) -> str:
        """Send the board a command while it runs; return its answer, or a sentence if it has none.

        ``marker N`` inserts the number N, which is not 0, into the marker channel. Any other text
        is a command in the board's own language.
        """
        if self._shim is None:
            raise DeviceError(f"board {self._board.name} is not open")
        word, _, value = text.strip().partition(" ")
        try:
            if word != "marker":
                return str(self._shim.config_board(text)) or "sent; the board gave no answer"
            number = _marker_value(value)
            self._shim.insert_marker(number, self._presets[0].number)
            return f"marker {number:g} set"
        except self._error as error:
            raise self._trouble(error) from error

    def close(self) -> None:
        """Release the board."""
        shim, self._shim = self._shim, None
        if shim is not None:
            with contextlib.suppress(self._error):  # nothing to release when it was lost
                shim.release_session()
            _disown(shim)

    def _start(self) -> None:
        rate = max(preset.description["sampling_rate"] for preset in self._presets)
        self._shim.start_stream(max(_BUFFER_S * int(rate), 1000))
        self._streaming = True
        self._received_at = local_clock()

    def _wait(self, timeout: float) -> None:
        deadline = local_clock() + timeout
        while not any(self._shim.get_board_data_count(p.number) for p in self._presets):
            left = deadline - local_clock()
            if left <= 0:
                return
            time.sleep(min(_POLL_S, left))

    def _measure(self, reading: Reading) -> None:
        assert self._meter is not None
        number = len(self._streams) - 1
        for stream, chunk in list(reading.chunks):
            if stream == 0:
                reading.chunks.extend((number, each) for each in self._meter.push(chunk))

    def _read_presets(self) -> list[_Preset]:
        """List the presets in the order of the streams, so that the first one is the main one."""
        described = self._settings.master_board or self._board.name
        source = find_board(described).board_id
        presets: dict[int, _Preset] = {}
        for number, stream in enumerate(self._streams):
            if not stream.rows:
                continue
            if stream.preset not in presets:
                description = board_shim().BoardShim.get_board_descr(source, stream.preset)
                counter = PackageCounter(float(description["sampling_rate"]))
                presets[stream.preset] = _Preset(stream.preset, description, [], counter)
            presets[stream.preset].streams.append((number, stream.rows))
        return list(presets.values())

    def _input_params(self, module: Any) -> Any:
        settings, params = self._settings, module.BrainFlowInputParams()
        params.serial_port = settings.serial_port or ""
        params.mac_address = settings.mac_address or ""
        params.ip_address = settings.ip_address or ""
        params.ip_port = settings.ip_port or 0
        params.serial_number = settings.serial_number or ""
        params.file = settings.file or ""
        params.timeout = settings.timeout_s or 0
        if settings.master_board:
            params.master_board = find_board(settings.master_board).board_id
        return params

    def _trouble(self, error: Exception) -> DeviceError:
        return DeviceError(f"board {self._board.name}: {explain(error, self._settings)}")


class BrainFlowBoards:
    """Boards of the installed BrainFlow; see `devices.catalogue.Family`."""

    summary = "amplifiers of many makers"
    needs = ("brainflow",)

    @staticmethod
    def entries() -> list[Entry]:
        """List every board.

        Raises `DeviceError` if BrainFlow is not installed.
        """
        return [
            Entry(
                board.name,
                "simulated board of BrainFlow" if board.name == _SYNTHETIC else "BrainFlow board",
                board.transport,
                board.needs,
                board.takes,
            )
            for board in boards()
        ]

    @staticmethod
    def create(name: str, parameters: Mapping[str, str]) -> Device:
        """Make the device of the board ``name``; see `devices.catalogue.create`."""
        return make(BrainFlowDevice, BrainFlowSettings, name, {"board": name, **parameters})


def _disown(shim: Any) -> None:
    """Prevent BrainFlow's object from releasing a later session when it is garbage-collected."""
    shim.is_prepared = lambda: False


def _marker_value(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value:
        raise DeviceError(f"a marker of BrainFlow's is a number other than 0, not {text!r}")
    return value
