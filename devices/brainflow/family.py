"""All boards of BrainFlow, as one plug-in of the group ``bci.devices``."""

from collections.abc import Mapping

from bci.interfaces import Device
from devices.brainflow.boards import BrainFlowSettings, boards
from devices.brainflow.device import BrainFlowDevice
from devices.catalogue import Entry, make

_SYNTHETIC = "synthetic"


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
        """Make the board of that name; see `devices.catalogue.create`."""
        return make(BrainFlowDevice, BrainFlowSettings, name, {"board": name, **parameters})
