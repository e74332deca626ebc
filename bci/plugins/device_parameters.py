"""Labels and limits of the parameters of devices and bridges.

The device or bridge checks its parameters itself. These limits show a mistake before it starts.
"""

import re
from dataclasses import dataclass
from typing import get_args

from bci.messages import ParameterEntry
from bci.signals import Task

_MAC = re.compile(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f-]{36}")
_UNITS = {"s": "s", "ms": "ms", "hz": "Hz", "uv": "µV"}
_ADDRESS = re.compile(r"[A-Za-z0-9.:_-]+")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a device."""

    name: str  # Name in the device's settings
    label: str  # Name in the user interface
    hint: str = ""  # An example, or the default value of an empty field
    # Type of a number, which must be between ``low`` and ``high``; None for other values
    number: type[int] | type[float] | None = None
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()  # All allowed values; empty for any value
    pattern: re.Pattern[str] | None = None  # Pattern that the whole text must match
    about: str = ""  # Short description

    def problem(self, text: str, needed: bool) -> str:
        """Return a sentence about the problem of the value ``text``; empty if it is valid."""
        text = text.strip()
        if not text:
            return f"{self.label} is needed." if needed else ""
        if self.number is not None:
            return self._problem_of_number(text)
        if self.choices and text not in self.choices:
            return f"{self.label} is one of {', '.join(self.choices)}."
        if self.pattern is not None and not self.pattern.fullmatch(text):
            return f"{self.label} looks like {self.hint}."
        return ""

    def _problem_of_number(self, text: str) -> str:
        kind = "a whole number" if self.number is int else "a number"
        try:
            value = float(int(text)) if self.number is int else float(text)
        except ValueError:
            return f"{self.label} is {kind}."
        if self.low <= value <= self.high:
            return ""
        if self.high == float("inf"):
            return f"{self.label} is {kind}, at least {self.low:g}."
        return f"{self.label} is {kind} from {self.low:g} to {self.high:g}."


def describe(name: str) -> Parameter:
    """Describe a parameter by its name; an unknown one allows any text."""
    return _KNOWN.get(name) or Parameter(name, name.replace("_", " ").capitalize())


def from_entry(entry: ParameterEntry) -> Parameter:
    """Describe a parameter from the entry that its plug-in lists."""
    number = {"whole": int, "real": float}.get(entry.number or "")
    words, _, unit = entry.name.rpartition("_")
    label = f"{words} ({_UNITS[unit]})" if words and unit in _UNITS else entry.name
    label = label[:1].upper() + label[1:].replace("_", " ")
    low = float("-inf") if entry.low is None else entry.low
    high = float("inf") if entry.high is None else entry.high
    return Parameter(
        entry.name, label, entry.default, number, low, high, entry.choices, about=entry.about
    )


def _seconds(name: str, label: str, hint: str = "never") -> Parameter:
    return Parameter(name, f"{label} (s)", hint, float, low=0)


_KNOWN = {
    parameter.name: parameter
    for parameter in (
        Parameter("serial_port", "Serial port", "/dev/ttyUSB0"),
        Parameter("mac_address", "Bluetooth", "00:07:80:AB:CD:EF", pattern=_MAC),
        Parameter("serial_number", "Serial number", "first one found"),
        Parameter("ip_address", "IP address", "192.168.4.1", pattern=_ADDRESS),
        Parameter("ip_port", "IP port", "6677", int, 1, 65535),
        Parameter("host", "Computer", "localhost", pattern=_ADDRESS),
        Parameter("port", "Port", "1972", int, 1, 65535),
        Parameter("file", "File", "path of the file"),
        Parameter("master_board", "Recorded with", "name of the board"),
        Parameter("timeout_s", "Timeout (s)", "device's own", float, 1, 600),
        Parameter("name", "Stream name", "device's own"),
        Parameter("stream_type", "Stream type", "MEG"),
        Parameter("modality", "Sensors", choices=("eeg", "meg", "seeg")),
        Parameter("channels", "Channels", "16", int, 1, 4096),
        Parameter("sfreq", "Rate (Hz)", "250", float, 10, 50_000),
        Parameter("task", "Task", choices=get_args(Task)),
        Parameter("diode", "Photodiode", choices=("false", "true")),
        Parameter("diode_delay_s", "Its delay (s)", "0.03", float, 0, 1),
        Parameter("diode_jitter_s", "Its jitter (s)", "0.001", float, 0, 0.1),
        Parameter("seed", "Seed", "1", int, 0),
        Parameter("response", "Evoked responses (1: usual)", "1", float, 0, 100),
        Parameter("jitter_s", "Their jitter (s)", "0.03", float, 0, 1),
        Parameter("flicker", "Profile of the flicker"),
        Parameter("chunk_s", "Chunk (s)", "0.01", float, 1e-6, 1),
        Parameter("drop", "Chunks lost (0-1)", "0", float, 0, 0.999),
        _seconds("drop_after_s", "Lose after", "0"),
        _seconds("pause_after_s", "Pause after"),
        _seconds("pause_s", "Pause for", "5"),
        _seconds("clock_jump_after_s", "Jump clock after"),
        Parameter("clock_jump_s", "Jump clock by (s)", "3600", float),
        _seconds("rail_after_s", "Rail after"),
        _seconds("disconnect_after_s", "Unplug after"),
        _seconds("disconnect_s", "Unplug for", "3"),
    )
}
