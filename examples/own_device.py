"""Stream a device of your own over LSL: python examples/own_device.py [SECONDS]"""

import sys
import threading
import time

import numpy as np
from pylsl import local_clock

from bci.lsl.device_stream import stream_device
from bci.signals import Channel, Chunk, Reading, StreamInfo
from bci.testing import check_device


class Sine:
    def open(self):
        self.began, self.taken = local_clock(), 0

    def describe(self):
        channels = (Channel("C3", "eeg", "uV"), Channel("C4", "eeg", "uV"))
        return (StreamInfo("sine", "EEG", 250.0, channels, "sine-1", simulated=True),)

    def read(self, timeout):
        time.sleep(min(timeout, 0.01))
        numbers = np.arange(self.taken, int((local_clock() - self.began) * 250.0))
        wave = 10 * np.sin(2 * np.pi * 10.0 * numbers / 250.0)
        data = np.column_stack([wave, -wave]).astype(np.float32)
        chunk = Chunk(data, self.began + numbers / 250.0, self.taken)
        self.taken += len(numbers)
        return Reading([(0, chunk)], [])

    def close(self):
        print(f"sent {self.taken} samples")


check_device(Sine)
stop = threading.Event()
threading.Timer(float(sys.argv[1]) if len(sys.argv) > 1 else 30.0, stop.set).start()
stream_device(Sine(), stop)
