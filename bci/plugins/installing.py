"""Install commands of optional parts, for error messages."""

import sys

# On PyPI, wheels for macOS and Windows are CPU builds; those for Linux bring gigabytes of CUDA.
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def how_to_install_torch(extras: str = "networks") -> str:
    """Return the command that installs PyTorch with extras of `bci` on this platform."""
    command = f"pip install 'bci[{extras}]'"
    if sys.platform != "linux":
        return command
    return f"pip install torch --index-url {_CPU_INDEX} (without CUDA), then {command}"


# The extra of `bci` that installs each module.
_EXTRAS = {
    "brainflow": "brainflow",
    "mne_realtime": "fieldtrip",
    "pythonosc": "bridges",
    "PIL": "images",
    "PySide6": "gui",
    "transformers": "images",
    "websockets": "bridges",
}


def how_to_install(module: str) -> str:
    """Return the command that installs a missing module."""
    if module == "torch":
        return how_to_install_torch()
    return f"pip install 'bci[{_EXTRAS[module]}]'" if module in _EXTRAS else f"pip install {module}"
