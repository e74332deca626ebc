"""Sentences for BrainFlow's exit codes."""

import os
from pathlib import Path
from typing import Any

from devices.brainflow.boards import BrainFlowSettings

_EXIT_CODES = {
    1: "the port is already open; close the other program that uses it",
    2: "the connection could not be opened; is the board plugged in or Bluetooth switched on?",
    3: "the serial port could not be set up; is it the right one?",
    4: "the board takes no commands; is it switched on and in range?",
    5: "the board sends what BrainFlow does not understand; is it the right kind of board?",
    6: "the board did not greet; is it switched on and is it the right kind of board?",
    7: "the board is not ready; is it switched on, charged and in range?",
    8: "the stream is already running",
    10: "BrainFlow could not start its acquisition thread",
    11: "the acquisition has stopped",
    13: "BrainFlow does not accept the parameters; check them in the profile",
    14: "this BrainFlow does not support the board on this system",
    15: "the connection to the board is gone",
    16: "the board is already in use by this program",
    17: "BrainFlow could not reach the board; is it switched on and its driver installed?",
    18: "the board was not found in time; is it switched on and in range?",
}


def explain(error: Any, settings: BrainFlowSettings) -> str:
    """Explain a BrainFlowError in a sentence, with advice."""
    code = int(getattr(error, "exit_code", 17))
    port = settings.serial_port
    if code in (1, 2, 3) and port and port.startswith("/"):
        if not Path(port).exists():
            here = ", ".join(sorted(str(path) for path in Path("/dev").glob("tty[UA][SC][BM]*")))
            return f"there is no port {port}; {'there is ' + here if here else 'is it plugged in?'}"
        if not os.access(port, os.R_OK | os.W_OK):
            return (
                f"permission denied on {port}; on Linux add yourself to the group dialout "
                "(sudo usermod -aG dialout $USER) and log in again"
            )
    if code == 13 and settings.file and not Path(settings.file).is_file():
        return f"there is no file {settings.file}"
    return _EXIT_CODES.get(code, f"BrainFlow reports {error}")
