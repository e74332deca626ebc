"""The parameters of a device, with what is wrong with them shown beside the button."""

from bci.messages import DeviceEntry
from bci.plugins.device_parameters import describe
from gui.widgets.parameter_form import ParameterForm


class DeviceForm(ParameterForm):
    """One field a parameter; needed ones first and marked with a star."""

    def set_device(self, device: DeviceEntry, values: dict[str, str]) -> None:
        """Show the parameters of this device, filled with ``values``."""
        names = dict.fromkeys((*device.needs, *device.takes))
        self.set_parameters([describe(name) for name in names], device.needs, values)
