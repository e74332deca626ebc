"""Real-time brain-computer interfaces over the Lab Streaming Layer.

The names below are the public interface. Each is loaded at its first use, so ``import bci`` is
fast. Everything else may change before version 1.

==================  ===========================================================
list_streams        List the LSL streams on the network.
open_stream         Open an LSL stream: chunks of samples, in a ``for`` loop.
read_recording      Read a recorded file.
from_array          Convert an array to a recording.
from_mne, to_mne    Convert from and to `mne.io.Raw` and `mne.Epochs`.
load_profile        Read a profile: filters, window, cues, decoder.
filtered, windows   Run a profile's filters, or filters and windows, on a signal.
Pipeline            Filters and windows, chunk by chunk in a loop of your own.
cut_epochs          Cut the windows of cued trials.
calibrate           Train a model on recordings.
load_model          Read a trained model.
decode              Decode a recording or a stream, in a ``for`` loop.
evaluate            Score a model on a recording.
record              Record streams to an XDF file.
subscribe           Receive the predictions and decisions of a running engine.
BciError            Base of every error that a user can fix.
==================  ===========================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bci.api.decoding import decode, evaluate
    from bci.api.engine import subscribe
    from bci.api.mne_objects import from_mne, to_mne
    from bci.api.recorder import record
    from bci.api.signals import filtered, from_array, windows
    from bci.api.streams import open_stream
    from bci.api.training import calibrate, cut_epochs
    from bci.errors import BciError
    from bci.lsl.discovery import list_streams
    from bci.models.load import load_model
    from bci.pipeline.pipeline import Pipeline
    from bci.profiles.profile import load_profile
    from bci.recording.read import read_recording

    __version__: str

__all__ = [
    "BciError",
    "Pipeline",
    "__version__",
    "calibrate",
    "cut_epochs",
    "decode",
    "evaluate",
    "filtered",
    "from_array",
    "from_mne",
    "list_streams",
    "load_model",
    "load_profile",
    "open_stream",
    "read_recording",
    "record",
    "subscribe",
    "to_mne",
    "windows",
]

_MODULES = {
    "BciError": "bci.errors",
    "Pipeline": "bci.pipeline.pipeline",
    "calibrate": "bci.api.training",
    "cut_epochs": "bci.api.training",
    "decode": "bci.api.decoding",
    "evaluate": "bci.api.decoding",
    "filtered": "bci.api.signals",
    "from_array": "bci.api.signals",
    "from_mne": "bci.api.mne_objects",
    "list_streams": "bci.lsl.discovery",
    "load_model": "bci.models.load",
    "load_profile": "bci.profiles.profile",
    "open_stream": "bci.api.streams",
    "read_recording": "bci.recording.read",
    "record": "bci.api.recorder",
    "subscribe": "bci.api.engine",
    "to_mne": "bci.api.mne_objects",
    "windows": "bci.api.signals",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _installed_version()
    elif name in _MODULES:
        value = getattr(import_module(_MODULES[name]), name)
    else:
        raise AttributeError(f"module 'bci' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _installed_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("bci")
    except PackageNotFoundError:  # a copy of the source that was never installed
        return "0+unknown"
