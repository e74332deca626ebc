"""BrainFlow's boards: required parameters, streams and impedance commands.

The required parameters are from BrainFlow's page "Supported Boards"
(https://brainflow.readthedocs.io/en/stable/SupportedBoards.html). Rates, channels and electrode
names come from the installed BrainFlow.
"""

import difflib
import sys
import warnings
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from bci.channels.description import DeclaredChannels, describe
from bci.errors import DeviceError
from bci.profiles.pipeline_settings import Settings
from bci.signals import Channel, StreamInfo

UNKNOWN = "unknown: see BrainFlow's documentation"

_SERIAL, _DONGLE, _BLUETOOTH, _WIFI = "serial", "serial dongle", "bluetooth", "wifi"
_BLE = (_BLUETOOTH, (), ("mac_address", "serial_number"))
# Windows and macOS find a paired device by themselves, Linux needs its address.
_ADDRESS = ("mac_address",)
_PAIRED = (_BLUETOOTH, *((_ADDRESS, ()) if sys.platform == "linux" else ((), _ADDRESS)))
_SHIELD = (_WIFI, ("ip_port",), ("ip_address", "timeout_s"))
_MUSE_DONGLE = (_DONGLE, ("serial_port",), ("serial_number",))
_EEGO = ("usb", (), ("serial_number",))
_ON_NETWORK = ("network", (), ("serial_number",))

# Transport, required parameters and optional parameters of each board.
_NEEDS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "playback": ("file", ("file", "master_board"), ()),
    "streaming": ("network", ("ip_address", "ip_port", "master_board"), ()),
    "synthetic": ("none", (), ()),
    "cyton": (_DONGLE, ("serial_port",), ()),
    "cyton-daisy": (_DONGLE, ("serial_port",), ()),
    "ganglion": (_DONGLE, ("serial_port",), ("mac_address", "timeout_s")),
    "ganglion-native": _BLE,
    "cyton-wifi": _SHIELD,
    "cyton-daisy-wifi": _SHIELD,
    "ganglion-wifi": _SHIELD,
    "galea": ("network", (), ("timeout_s",)),
    "brainbit": (_BLUETOOTH, (), ("serial_number", "timeout_s")),
    "brainbit-bled": (_DONGLE, ("serial_port",), ("mac_address",)),
    "callibri-eeg": (_BLUETOOTH, (), ("timeout_s",)),
    "callibri-emg": (_BLUETOOTH, (), ("timeout_s",)),
    "callibri-ecg": (_BLUETOOTH, (), ("timeout_s",)),
    "unicorn": (_BLUETOOTH, (), ("serial_number",)),
    "notion-1": _ON_NETWORK,
    "notion-2": _ON_NETWORK,
    "crown": _ON_NETWORK,
    "gforce-pro": (_BLUETOOTH, (), ()),
    "gforce-dual": (_BLUETOOTH, (), ()),
    "freeeeg32": (_SERIAL, ("serial_port",), ()),
    "freeeeg128": (_SERIAL, ("serial_port",), ()),
    "muse-s-bled": _MUSE_DONGLE,
    "muse-2-bled": _MUSE_DONGLE,
    "muse-2016-bled": _MUSE_DONGLE,
    "muse-s": _BLE,
    "muse-2": _BLE,
    "muse-2016": _BLE,
    "brainalive": _BLE,
    "enophone": _PAIRED,
    "explore-4-chan": _PAIRED,
    "explore-8-chan": _PAIRED,
    "emotibit": (_WIFI, (), ("ip_address", "serial_number")),
    "pieeg": ("spi", (), ("serial_port",)),
    "neuropawn-knight": (_SERIAL, ("serial_port",), ()),
    "neuropawn-knight-imu": (_SERIAL, ("serial_port",), ()),
    "biolistener": (_WIFI, (), ("ip_address", "ip_port", "timeout_s")),
    "ironbci-32": (_SERIAL, ("serial_port",), ()),
}

# Boards that measure either impedance or a signal, and the command that starts the impedance mode.
_IMPEDANCE_MODES = {
    "ganglion": "z",
    "ganglion-native": "z",
    "ganglion-wifi": "z",
    "brainbit": "CommandStartResist",
}
_EEGO_IMPEDANCE = "impedance_mode:1"
_CYTONS = ("cyton", "cyton-daisy", "cyton-wifi", "cyton-daisy-wifi")
# Names of the channels in the Cyton's commands; those from the ninth on belong to the Daisy.
_CYTON_CHANNELS = "12345678QWERTYUI"

# Key in BrainFlow's description, stream type, suffix of the stream's name, unit. Only the unit of
# electric signals is documented for all boards.
_KINDS = (
    ("eeg_channels", "EEG", "eeg", "uV"),
    ("emg_channels", "EMG", "emg", "uV"),
    ("eog_channels", "EOG", "eog", "uV"),
    ("ecg_channels", "ECG", "ecg", "uV"),
    ("accel_channels", "ACC", "acc", "unknown"),
    ("gyro_channels", "GYRO", "gyro", "unknown"),
    ("magnetometer_channels", "Magnetometer", "magnetometer", "unknown"),
    ("rotation_channels", "Rotation", "rotation", "unknown"),
    ("ppg_channels", "PPG", "ppg", "unknown"),
    ("optical_channels", "Optical", "optical", "unknown"),
    ("eda_channels", "EDA", "eda", "unknown"),
    ("temperature_channels", "Temperature", "temperature", "unknown"),
    ("battery_channel", "Battery", "battery", "unknown"),
    ("analog_channels", "Analog", "analog", "unknown"),
)
_IMPEDANCE = ("resistance_channels", "Impedance", "impedance", "unknown")
_PRESET_SUFFIX = {0: "", 1: "-aux", 2: "-anc"}
# These armbands send raw values of the converter and not volts.
_UNCALIBRATED = ("gforce-pro", "gforce-dual")


class BrainFlowSettings(Settings):
    """Parameters of a board: its name, connection and first commands."""

    board: str = Field(description="Name of the board, as `boards` lists it: cyton, synthetic ...")
    serial_port: str | None = Field(None, description="COM3, /dev/ttyUSB0, /dev/cu.usbserial-...")
    mac_address: str | None = Field(None, description="Bluetooth address of the board")
    ip_address: str | None = Field(None, description="Address of the board or the multicast group")
    ip_port: int | None = Field(None, ge=1, le=65535, description="A free local port")
    serial_number: str | None = Field(None, description="Which of several boards of a kind")
    file: str | None = Field(None, description="File to play back, for the board playback")
    master_board: str | None = Field(
        None, description="Board whose samples the file or the network stream holds"
    )
    timeout_s: int | None = Field(
        None, ge=1, le=600, description="How long to look for the board; default of the board"
    )
    config: tuple[str, ...] = Field(
        (), description="Commands in the board's own language, sent before it streams"
    )
    impedance: bool = Field(False, description="Measure electrode impedances")
    name: str | None = Field(None, description="Name of the LSL stream; default the board's")


@dataclass(frozen=True, slots=True)
class Board:
    """Type of board that the installed BrainFlow supports."""

    name: str  # As in `BrainFlowSettings.board`
    board_id: int  # BrainFlow's number of the board
    # ``serial``, ``serial dongle``, ``bluetooth``, ``wifi``, ``network``, ``usb``, ``spi``,
    # ``file``, ``none``, or `UNKNOWN`
    transport: str
    needs: tuple[str, ...]  # Required parameters
    takes: tuple[str, ...]  # Optional parameters
    # Rate of the first stream, in hertz; 0 if the parameter ``master_board`` determines it
    sfreq: float
    n_channels: int  # Channels of the first stream; 0 if ``master_board`` determines it


@dataclass(frozen=True, slots=True)
class BoardStream:
    """A stream, and its channels as ``rows`` of BrainFlow's array of ``preset``.

    ``rows`` is empty if the stream is computed in this program.
    """

    info: StreamInfo
    preset: int
    rows: tuple[int, ...]


def board_shim() -> Any:
    """Import BrainFlow's Python module, without its log.

    Raises `DeviceError` if it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # BrainFlow warns of its own use of pkg_resources
            import brainflow.board_shim as module  # type: ignore[import-untyped]

            module.BoardShim.disable_board_logger()
    except ImportError as error:
        raise DeviceError(
            f"BrainFlow cannot be imported ({error}); pip install 'bci[brainflow]'"
        ) from error
    return module


def boards() -> tuple[Board, ...]:
    """List every board of the installed BrainFlow, in BrainFlow's order."""
    ids = board_shim().BoardIds
    return tuple(_board(_name(each.name), int(each)) for each in ids if each != ids.NO_BOARD)


def find_board(name: str) -> Board:
    """Return the board called ``name``.

    Raises `DeviceError` if there is none; the message has similar names.
    """
    known = {board.name: board for board in boards()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(known)}"
    raise DeviceError(f"BrainFlow has no board {name!r}; {hint}")


def check_needs(settings: BrainFlowSettings, board: Board) -> None:
    """Raise DeviceError if a required parameter is missing; the message names it."""
    for parameter in board.needs:
        if getattr(settings, parameter) in (None, ""):
            raise DeviceError(f"board {board.name} ({board.transport}) needs {parameter}")


def impedance_commands(name: str) -> tuple[str, ...]:
    """List the commands that make a board measure impedances; empty if none are needed."""
    if name in _CYTONS:
        n_channels = find_board(name).n_channels
        # Drive the N input of each channel, not the P input (Cyton SDK, "LeadOff Impedance").
        return tuple(f"z{channel}01Z" for channel in _CYTON_CHANNELS[:n_channels])
    if name.startswith("ant-neuro"):
        return (_EEGO_IMPEDANCE,)
    return (_IMPEDANCE_MODES[name],) if name in _IMPEDANCE_MODES else ()


def board_streams(settings: BrainFlowSettings, board: Board) -> tuple[BoardStream, ...]:
    """List the streams of a board, the EEG first if there is one.

    Raises `DeviceError` if impedances are requested and the board cannot measure them.
    """
    source = find_board(settings.master_board or "") if "master_board" in board.needs else board
    # A file or a network stream has one preset only.
    presets = _descriptions(source.board_id)
    if source is not board:
        presets = {preset: presets[preset] for preset in list(presets)[:1]}
    kinds = [*_KINDS, _IMPEDANCE] if settings.impedance else list(_KINDS)
    if settings.impedance and board.name not in _CYTONS and impedance_commands(board.name):
        kinds = [_IMPEDANCE]  # measured instead of the signal, on some boards in the same rows
    streams: list[BoardStream] = []
    for preset, description in presets.items():
        taken: set[int] = set()  # BrainFlow may list a channel as EEG and also as EMG, ECG ...
        for kind in kinds:
            rows = [row for row in _rows(description, kind[0]) if row not in taken]
            taken.update(rows)
            if rows:
                streams.append(_stream(settings, source, preset, description, kind, rows, streams))
    if settings.impedance and board.name in _CYTONS:
        streams.append(_computed_impedance(streams[0].info))
    if not streams and source is not board:
        raise DeviceError(f"master_board {source.name} has no channels of its own")
    if settings.impedance and all(stream.info.type != "Impedance" for stream in streams):
        raise DeviceError(f"board {board.name} measures no impedance; leave impedance out")
    return tuple(streams)


def _name(enum_name: str) -> str:
    return (
        enum_name.replace("_FILE_BOARD", "")
        .replace("_BOARD", "")
        .replace("_CHANNELS", "")
        .lower()
        .replace("_", "-")
    )


def _board(name: str, board_id: int) -> Board:
    unknown: tuple[str, tuple[str, ...], tuple[str, ...]] = (UNKNOWN, (), ())
    needs = _EEGO if name.startswith("ant-neuro") else _NEEDS.get(name, unknown)
    for description in _descriptions(board_id).values():
        for key, *_ in _KINDS:
            if rows := _rows(description, key):
                return Board(name, board_id, *needs, float(description["sampling_rate"]), len(rows))
    return Board(name, board_id, *needs, 0.0, 0)


def _descriptions(board_id: int) -> dict[int, dict[str, Any]]:
    shim = board_shim().BoardShim
    presets = sorted(int(preset) for preset in shim.get_board_presets(board_id))
    return {preset: shim.get_board_descr(board_id, preset) for preset in presets}


def _rows(description: dict[str, Any], key: str) -> list[int]:
    rows = description.get(key, [])
    return [rows] if isinstance(rows, int) else list(rows)


def _stream(
    settings: BrainFlowSettings,
    source: Board,
    preset: int,
    description: dict[str, Any],
    kind: tuple[str, str, str, str],
    rows: list[int],
    before: list[BoardStream],
) -> BoardStream:
    key, stream_type, suffix, unit = kind
    name = settings.name or settings.board
    identity = f"brainflow-{settings.board}-{_address(settings)}"
    if before or suffix == "impedance":  # the first stream has the name of the device
        suffix_here = f"-{suffix}"
        if any(other.info.name == name + suffix_here for other in before):
            suffix_here += _PRESET_SUFFIX[preset]
        name, identity = name + suffix_here, identity + suffix_here
    if source.name in _UNCALIBRATED:
        unit = "unknown"
    names = [f"{suffix}{number + 1}" for number in range(len(rows))]
    if key == "eeg_channels" and len(given := description.get("eeg_names", "").split(",")) == len(
        rows
    ):
        names = given
    channels = describe([DeclaredChannels(each, suffix, unit) for each in names])
    # In an impedance mode the board decides how often it measures.
    sfreq = float(description["sampling_rate"])
    if suffix == "impedance" and source.name in _IMPEDANCE_MODES:
        sfreq = 0.0
    info = StreamInfo(name, stream_type, sfreq, channels, identity, source.name == "synthetic")
    return BoardStream(info, preset, tuple(rows))


def _computed_impedance(eeg: StreamInfo) -> BoardStream:
    channels = tuple(Channel(c.name, "impedance", "kOhm", c.position) for c in eeg.channels)
    info = StreamInfo(
        f"{eeg.name}-impedance", "Impedance", 1.0, channels, f"{eeg.source_id}-impedance"
    )
    return BoardStream(info, 0, ())


def _address(settings: BrainFlowSettings) -> str:
    """Return an identifier of this board among boards of the same kind; it does not change."""
    network = f"{settings.ip_address or 'any'}:{settings.ip_port}" if settings.ip_port else ""
    return str(
        settings.mac_address
        or settings.serial_number
        or settings.serial_port
        or network
        or settings.ip_address
        or settings.file
        or "any"
    )
