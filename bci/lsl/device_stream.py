"""Publish a device on LSL, and keep its streams there while the device reconnects."""

import queue
import threading
from collections.abc import Callable

from pylsl import local_clock

from bci.errors import DeviceError
from bci.interfaces import Commanded, Cued, Device
from bci.lsl.cue_listener import GUIDED, CueListener
from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.signals import Chunk, StreamInfo

_READ_S = 0.05
# Wait after the last sample, in seconds: liblsl has to send its buffer before the outlet closes.
_LINGER_S = 1.0
# Without its parent process, a source ends when it has had no receiver for this many seconds.
_UNHEARD_S = 2.0
# Wait between tries to reconnect, in seconds: the first, doubled each time up to the second.
_BACK_OFF_S = (0.25, 8.0)


def stream_device(
    device: Device,
    stop: threading.Event,
    # Longest wait for a receiver of the signal before the device is started, in seconds
    wait_for_consumers_s: float = 0.0,
    report: Callable[[str], None] = lambda _: None,  # Called on reconnection and command replies
    # ``marker 5``, or another command that the device knows
    commands: "queue.SimpleQueue[str] | None" = None,
    on_open: Callable[[], None] = lambda: None,  # Called when the device is connected
    orphaned: threading.Event | None = None,  # Set when the parent process has ended
    # Called when the device or samples are lost; default: ``report``
    warn: Callable[[str], None] | None = None,
) -> None:
    """Publish a device's samples and markers until it ends or ``stop`` is set.

    Each stream has the name that the device gives it; markers are on ``<first>-markers``. When
    the device is lost, its streams stay on the network while connecting is retried at growing
    intervals. The time stamps then have a gap that every receiver detects.

    After the parent process has ended (``orphaned``), streaming continues as long as there is a
    receiver, such as a recorder.

    Raises `DeviceError` if the device cannot be reached at first, or has other streams after a
    reconnection.
    """
    if not _open(device, stop, orphaned):
        return
    try:
        on_open()
        given = commands or queue.SimpleQueue()
        _publish(device, stop, wait_for_consumers_s, report, warn or report, given, orphaned)
    finally:
        device.close()


def _open(device: Device, stop: threading.Event, orphaned: threading.Event | None = None) -> bool:
    """Connect in a thread.

    Return False if stopped or orphaned meanwhile, leaving the thread.
    """
    outcome: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            device.open()
        except Exception as error:  # noqa: BLE001 - raised again below
            outcome.put(error)
        else:
            outcome.put(None)

    threading.Thread(target=work, daemon=True).start()
    while outcome.empty():
        if stop.wait(_READ_S) or (orphaned is not None and orphaned.is_set()):
            return False
    if (error := outcome.get()) is not None:
        device.close()
        raise error
    return True


class _Losses:
    """Reporter of samples that the device itself counts as lost.

    There is at most one warning per second.
    """

    def __init__(self, name: str, n_streams: int, warn: Callable[[str], None]) -> None:
        self._name = name
        self._warn = warn
        self._expected = [-1] * n_streams
        self._lost = 0
        self._due = 0.0

    def count(self, number: int, chunk: Chunk) -> None:
        before = self._expected[number]
        if number == 0 and 0 <= before < chunk.first:
            self._lost += chunk.first - before
        self._expected[number] = chunk.end
        if self._lost and (now := local_clock()) >= self._due:
            self._warn(f"{self._name}: the device lost {self._lost} samples")
            self._lost, self._due = 0, now + 1.0


class _Orphan:
    """Watcher that sets ``stop`` for an orphaned source without a receiver.

    A source is orphaned when its parent process has ended.
    """

    def __init__(
        self,
        signals: list[SignalOutlet],
        orphaned: threading.Event | None,
        stop: threading.Event,
    ) -> None:
        self._signals = signals
        self._orphaned = orphaned
        self._stop = stop
        self._consumer_at = 0.0

    def look(self) -> None:
        left = self._orphaned is not None and self._orphaned.is_set()
        if not left or any(signal.has_consumers for signal in self._signals):
            self._consumer_at = local_clock()
        elif local_clock() - self._consumer_at > _UNHEARD_S:
            self._stop.set()


class _Cues:
    """Pass the markers of a cue stream on to a simulated person, if the device is one."""

    def __init__(self, device: Device, name: str, report: Callable[[str], None]) -> None:
        self._name = name
        self._report = report
        self._present = False
        self._person: Cued | None = None
        if isinstance(device, Cued):
            query = StreamQuery(name=device.cues) if device.cues else StreamQuery(type=GUIDED)
            self._person, self._listener = device, CueListener(query)

    def pass_on(self) -> None:
        if self._person is None:
            return
        # `connected` is read after the markers, so that the last markers arrive before the end.
        markers, present = self._listener.pull(), self._listener.connected
        self._person.follow(present, markers)
        if present != self._present:
            self._present = present
            state = "follows the cues of another program" if present else "has its own cues again"
            self._report(f"{self._name} {state}")

    def close(self) -> None:
        if self._person is not None:
            self._listener.close()


def _publish(
    device: Device,
    stop: threading.Event,
    wait_s: float,
    report: Callable[[str], None],
    warn: Callable[[str], None],
    commands: "queue.SimpleQueue[str]",
    orphaned: threading.Event | None,
) -> None:
    infos = device.describe()
    if not infos:
        raise DeviceError(f"{type(device).__name__}: the device describes no stream")
    signals = [SignalOutlet(info) for info in infos]
    first = infos[0]
    markers = MarkerOutlet(f"{first.name}-markers", f"{first.source_id}-markers", first.simulated)
    cues = _Cues(device, first.name, report)
    try:
        deadline = local_clock() + wait_s
        while not signals[0].has_consumers and local_clock() < deadline and not stop.wait(_READ_S):
            continue
        losses = _Losses(first.name, len(infos), warn)
        orphan = _Orphan(signals, orphaned, stop)
        while not stop.is_set():
            orphan.look()
            while not commands.empty():
                report(_command(device, commands.get()))
            cues.pass_on()
            try:
                reading = device.read(_READ_S)
            except DeviceError as error:
                warn(f"{first.name}: {error}; trying again")
                _reconnect(device, infos, stop, report, orphan)
                continue
            if reading is None:
                stop.wait(_LINGER_S)
                return
            for marker in reading.markers:
                markers.push(marker)
            for number, chunk in reading.chunks:
                losses.count(number, chunk)
                signals[number].push(chunk)
    finally:
        markers.close()
        for signal in signals:
            signal.close()
        cues.close()


def _command(device: Device, text: str) -> str:
    if not isinstance(device, Commanded):
        return "this device takes no commands"
    try:
        return device.command(text)
    except DeviceError as error:
        return str(error)


def _reconnect(
    device: Device,
    infos: tuple[StreamInfo, ...],
    stop: threading.Event,
    report: Callable[[str], None],
    orphan: _Orphan,
) -> None:
    lost_at = local_clock()
    wait_s, longest_s = _BACK_OFF_S
    device.close()
    while not stop.wait(wait_s):
        wait_s = min(2 * wait_s, longest_s)
        orphan.look()
        try:
            if not _open(device, stop):
                return
        except DeviceError:
            continue
        if device.describe() != infos:
            raise DeviceError(
                f"{infos[0].name} came back with other streams or channels; start it again"
            )
        report(f"{infos[0].name}: back after {local_clock() - lost_at:.1f} s")
        return
