"""Real keys and buttons on a virtual screen, and their release after any crash."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from bci.bridges.keys.bridge import KeysBridge
from bci.bridges.keys.settings import KeysSettings
from bci.commands import bci_command, python_command
from bci.errors import BridgeError
from tests.bci.bridges.lines import running
from tests.bci.bridges.published import Published
from tests.bci.bridges.screen import Screen, screen
from tests.commands import refused
from tests.streams import wait_until


@pytest.fixture(scope="module")
def display() -> Iterator[Screen]:
    with screen() as made:
        yield made


def decide_until(engine: Published, label: str, condition: Callable[[], bool]) -> None:
    """Decide ``label``, and send predictions until ``condition`` returns True.

    On a busy computer the dead-man's switch may release at once; then the next decision counts.
    """
    due = 0.0

    def is_true() -> bool:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + 2.0
            engine.decide(None)
            engine.decide(label)
        engine.predict(0.9, 0.1)
        return condition()

    wait_until(is_true)


def hold(display: Screen, engine: Published, label: str) -> None:
    decide_until(engine, label, display.is_anything_pressed)


def until_released(display: Screen, engine: Published | None = None) -> None:
    """Wait until no key is pressed, while ``engine``, if given, sends predictions."""

    def is_released() -> bool:
        if engine is not None:
            engine.predict(0.9, 0.1)
        return not display.is_anything_pressed()

    wait_until(is_released)


class Bridging:
    """A process of ``bci bridge keys``, and the engine that it reads."""

    def __init__(self, display: Screen, *parameters: str) -> None:
        self.display = display
        self.engine = Published()
        self.process = subprocess.Popen(
            (*bci_command(), "bridge", "keys", f"engine={self.engine.name}", *parameters),
            env=os.environ | {"DISPLAY": display.name}, stderr=subprocess.PIPE,
            stdin=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.said: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.engine.wait_for_bridge()
        wait_until(lambda: "connected" in self.said.get())

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.put(line)

    @property
    def presser(self) -> psutil.Process:
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def end(self) -> None:
        self.engine.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
        assert self.process.stdin is not None
        self.process.stdin.close()
        wait_until(lambda: not self.display.is_anything_pressed())
        self.display.events()


@contextmanager
def bridging(display: Screen, *parameters: str) -> Iterator[Bridging]:
    bridge = Bridging(display, *parameters)
    try:
        yield bridge
    finally:
        bridge.end()


def keys(engine: Published, *pairs: str, **settings: object) -> KeysBridge:
    given = {"map": pairs, "engine": engine.name, "hold_off_s": 0, **settings}
    return KeysBridge(KeysSettings.model_validate(given))


def test_each_decision_is_one_tap_of_its_key(
    display: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display.name)
    with Published() as engine:
        pairs = ("left=Key.left", "right=a", "go=button:left")
        with running(keys(engine, *pairs, tap_ms=20, per_minute=600), engine) as said:
            came: list[tuple[str, str]] = []
            expected: list[tuple[str, str]] = []

            def has_come() -> bool:
                came.extend(display.events())
                return len(came) >= len(expected)

            for label, name in 5 * (("left", "Left"), ("right", "a"), ("go", "button 1")):
                engine.decide(label)
                expected += [("press", name), ("release", name)]
                wait_until(has_come)
            # A label without an action, and the end of a decision, press no key.
            engine.decide("rest")
            engine.decide(None)
            engine.decide("left")
            expected += [("press", "Left"), ("release", "Left")]
            wait_until(has_come)
            assert came == expected
        assert said[-1].startswith("16 presses; left out: 0 by the hold-off")


def test_held_key_is_released_at_the_offset_on_silence_and_when_stopped(
    display: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display.name)
    with Published() as engine:
        bridge = keys(engine, "left=left", "right=button:right", mode="hold")
        with running(bridge, engine):
            hold(display, engine, "left")
            engine.decide(None)
            until_released(display, engine)
            hold(display, engine, "right")
            # No prediction comes any more.
            until_released(display)
            engine.decide(None)
            hold(display, engine, "left")
            engine.report("stream lost")
            until_released(display, engine)
            engine.report("running")
            engine.decide(None)
            hold(display, engine, "left")
            assert bridge.command("stop").startswith("stopped")
            until_released(display, engine)
            engine.decide(None)
            engine.decide("left")
            bridge.command("go")
            engine.decide(None)
            hold(display, engine, "right")
        # The bridge has ended.
        assert not display.is_anything_pressed()
        with pytest.raises(BridgeError, match="type stop or go"):
            bridge.command("faster")


@pytest.mark.slow
def test_held_key_is_released_when_the_bridge_is_killed(display: Screen) -> None:
    with bridging(display, "map=left=left", "mode=hold") as bridge:
        hold(display, bridge.engine, "left")
        presser = bridge.presser
        bridge.process.kill()
        until_released(display, bridge.engine)
        wait_until(lambda: not presser.is_running())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_held_key_is_released_when_the_bridge_is_stopped(
    display: Screen, number: signal.Signals
) -> None:
    with bridging(display, "map=left=left", "mode=hold") as bridge:
        hold(display, bridge.engine, "left")
        bridge.process.send_signal(number)
        until_released(display, bridge.engine)
        assert bridge.process.wait(20) == 0


@pytest.mark.slow
def test_held_key_is_released_when_the_bridge_hangs(display: Screen) -> None:
    with bridging(display, "map=left=left", "mode=hold") as bridge:
        hold(display, bridge.engine, "left")
        bridge.process.send_signal(signal.SIGSTOP)
        until_released(display)
        bridge.process.send_signal(signal.SIGCONT)


@pytest.mark.slow
def test_held_key_is_released_when_the_pressing_process_is_killed(display: Screen) -> None:
    with bridging(display, "map=left=left", "mode=hold", "hold_off_s=0") as bridge:
        hold(display, bridge.engine, "left")
        bridge.presser.kill()
        # The bridge continues, or ends if the process died at once.
        until_released(display, bridge.engine)


@pytest.mark.slow
def test_end_of_the_screen_is_one_line() -> None:
    with screen() as own:
        process = subprocess.Popen(
            (*python_command(), "-m", "bci.bridges.keys.presser", "400", "key:left"),
            env=os.environ | {"DISPLAY": own.name}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write("1 key:left\n")
        process.stdin.flush()
        wait_until(own.is_anything_pressed)
    # The line is its next sign of life from the parent; it may have ended already.
    _, errors = process.communicate("-\n", timeout=60)
    assert process.returncode == 1
    assert errors.startswith("error: keys cannot be pressed: ")
    assert errors.count("\n") <= 2


@pytest.mark.slow
def test_mouse_moves_while_its_label_is_decided(display: Screen) -> None:
    with bridging(display, "map=left=move:right", "mode=hold", "speed=200") as bridge:
        at = display.pointer()
        decide_until(bridge.engine, "left", lambda: display.pointer()[0] > at[0] + 20)
        assert display.pointer()[1] == at[1]


@pytest.mark.parametrize("action", ["space", "pad:a"])
def test_computer_without_a_screen_or_gamepads_is_named(
    action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if action == "pad:a" and os.access("/dev/uinput", os.W_OK):
        pytest.skip("this computer has gamepads")
    monkeypatch.delenv("DISPLAY", raising=False)
    line = refused("bridge", "keys", f"map=left={action}")
    assert ("need a screen" if action == "space" else "/dev/uinput") in line
