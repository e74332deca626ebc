"""The form for the parameters of a device."""

from bci.messages import DeviceEntry
from bci.plugins.device_parameters import describe
from gui.widgets.parameter_form import ParameterForm


class DeviceForm(ParameterForm):
    """One field per parameter; needed ones come first and have a star."""

    def set_device(self, device: DeviceEntry, values: dict[str, str]) -> None:
        """Show the parameters of ``device``, filled in with ``values`` by parameter name."""
        names = dict.fromkeys((*device.needs, *device.takes))
        self.set_parameters([describe(name) for name in names], device.needs, values)
