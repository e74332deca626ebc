"""Putting a device onto LSL, and keeping its streams there while it comes and goes."""

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
# After the last sample: what liblsl still holds has to get through before the outlet goes.
_LINGER_S = 1.0
# A source that its parent left ends when nobody has listened for so long.
_UNHEARD_S = 2.0
# Between tries to reach a lost device again: first, doubling up to the last.
_BACK_OFF_S = (0.25, 8.0)


def stream_device(
    device: Device,
    stop: threading.Event,
    # Longest wait for somebody to take the signal in before the device is started
    wait_for_consumers_s: float = 0.0,
    report: Callable[[str], None] = lambda _: None,  # On its return, or its answer to a command
    # ``marker 5``, or words of the device's own language
    commands: "queue.SimpleQueue[str] | None" = None,
    on_open: Callable[[], None] = lambda: None,  # Once the device is connected and describes itself
    orphaned: threading.Event | None = None,  # Set when whoever started us is gone
    # On a fault: the device is lost, or it lost samples; default: ``report``
    warn: Callable[[str], None] | None = None,
) -> None:
    """Publish a device's samples and markers until it ends or ``stop`` is set.

    Each stream is called as the device describes it; the markers are ``<first>-markers``. When
    the device is lost, its streams stay on the network while it is tried again, ever more
    slowly; the time stamps jump, so every receiver sees the gap.

    When whoever started us is gone (``orphaned``), the device is streamed for as long as somebody,
    a recorder for one, takes the signal in.

    Raises `DeviceError` if the device cannot be reached at first, or comes back with other streams.
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
    """Connect; False if stopped or left meanwhile, when what hangs is left to itself."""
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
    """Warns at most once a second how many samples a device itself counted as lost."""

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
    """End a source that its parent left and that nobody listens to."""

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
    """Pass a cue stream's markers on to the person who follows them, where there is one."""

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
        # Asked after the markers: none of the last ones comes when it is gone already.
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
