"""Sentences on the installation of optional parts, for errors."""

import sys

# On PyPI, wheels for macOS and Windows are CPU builds; those for Linux bring gigabytes of CUDA.
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def how_to_install_torch(extras: str = "networks") -> str:
    """The command that installs PyTorch with extras of `bci`, for this platform."""
    command = f"pip install 'bci[{extras}]'"
    if sys.platform != "linux":
        return command
    return f"pip install torch --index-url {_CPU_INDEX} (without CUDA), then {command}"


def how_to_install(module: str) -> str:
    """The command that installs a missing module."""
    return how_to_install_torch() if module == "torch" else f"pip install {module}"
