"""Putting a device onto LSL."""

import threading

from pylsl import local_clock

from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.types import Device

_READ_S = 0.05
# After the last sample: what liblsl still holds has to get through before the outlet goes.
_LINGER_S = 1.0


def stream_device(device: Device, stop: threading.Event, wait_for_consumers_s: float = 0.0) -> None:
    """Publish a device's samples and markers until it ends or ``stop`` is set.

    The streams are called as the device is, and ``<name>-markers``.

    Parameters
    ----------
    device : Device
    stop : threading.Event
        Seen within a tenth of a second.
    wait_for_consumers_s : float
        Wait up to so long for somebody to listen to the signal before the device is started.
    """
    info = device.describe()
    signal = SignalOutlet(info)
    markers = MarkerOutlet(f"{info.name}-markers", f"{info.source_id}-markers", info.simulated)
    try:
        deadline = local_clock() + wait_for_consumers_s
        while not signal.has_consumers and local_clock() < deadline and not stop.wait(_READ_S):
            continue
        device.open()
        try:
            while not stop.is_set():
                got = device.read(_READ_S)
                if got is None:
                    stop.wait(_LINGER_S)
                    return
                chunk, events = got
                for event in events:
                    markers.push(event)
                if len(chunk.data):
                    signal.push(chunk)
        finally:
            device.close()
    finally:
        markers.close()
        signal.close()
