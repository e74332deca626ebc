"""Buttons that start and stop the dashboard's programs, such as engine and replay."""

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from gui.actions import ACTIONS, key_of, with_key
from gui.processes.child import Child, Command
from gui.processes.engine_command import ENGINE, model_of, on_stream, replayed_as
from gui.processes.restart_policy import AGAIN, LEAST_S, RestartPolicy, then
from gui.widgets.buttons import button
from gui.widgets.labels import tip
from gui.widgets.layouts import row_of

_PURPOSES = {
    "engine": "Decodes the signal with a model",
    "replay": "Streams the recording as if it were live",
    "subject": "Simulates a person who follows the cues",
}


class Programs(QWidget):
    """One button per program; each program is a child process.

    A program that crashes after it has worked is started again.
    """

    logged = Signal(str)
    engine_logged = Signal(str)  # a line of the engine's log
    problem = Signal(str, str)  # one sentence, and the program that it is about
    runs = Signal(str, bool)  # a program, and whether it runs now
    well = Signal(str)  # the program whose problem is over, since it runs now
    models_wanted = Signal()  # the user must choose a model before an engine can start

    def __init__(self, commands: tuple[Command, ...]) -> None:
        super().__init__()
        self.processes = [Child(command, self) for command in commands]
        self.buttons: dict[str, QPushButton] = {}
        self._policies: dict[str, RestartPolicy] = {}
        self._stream = ""
        # Shown instead of the engine's button until a model is chosen.
        does = with_key("Choose a model to decode with", "engine")
        self.choose_button = button("Start engine ...", does, self.models_wanted.emit)
        self._row = row_of(*map(self._add, self.processes), self.choose_button)
        self.setLayout(self._row)
        self._offer_choice()

    def set_stream(self, name: str) -> None:
        """Set the shown stream, which an engine that is started later decodes."""
        self._stream = name

    def start(self) -> None:
        """Start all programs."""
        for child in self.processes:
            child.start()

    def toggle(self, name: str) -> None:
        """Start or stop a program; emit `models_wanted` for an engine without a model."""
        if name in self.buttons:
            self.buttons[name].click()
        elif name == ENGINE:
            self.models_wanted.emit()

    def child(self, name: str) -> Child | None:
        """Return the process of the program ``name``; None if there is no such program."""
        return next((child for child in self.processes if child.command.name == name), None)

    def is_running(self, name: str) -> bool:
        """Return whether the program ``name`` runs as a child process."""
        child = self.child(name)
        return child is not None and child.is_running

    def command(self, name: str) -> Command | None:
        """Return the command of a program, of its last or next start; None if unknown."""
        child = self.child(name)
        return child.command if child is not None else None

    def is_ending(self, stream: str) -> bool:
        """Return whether ``stream`` ends because the user stopped the replay of it."""
        stopped = (child.command for child in self.processes if child.was_stopped)
        return stream != "" and any(replayed_as(command) == stream for command in stopped)

    def decode_shown(self) -> None:
        """Restart the engine on the shown stream."""
        child = self.child(ENGINE)
        if child is not None:
            child.command = on_stream(child.command, self._stream)
            child.restart()

    def use_model(self, folder: Path, command: Command, same_stream: bool = True) -> bool:
        """Decode with the model in ``folder``; return True if a running engine gets it.

        A running engine replaces its model without losing a sample, or refuses it. Without one, or
        if ``same_stream`` is False, an engine is started by ``command``, which has this model.
        """
        child = self.child(command.name)
        if child is not None and child.is_running and same_stream:
            child.write_line(f"use {folder}")
            return True
        if child is None:
            child = Child(command, self)
            self.processes.append(child)
            self._row.addWidget(self._add(child))
            self._offer_choice()
        child.command = command
        child.restart()
        return False

    def set_command(self, command: Command) -> None:
        """Set the command for the next start of the program with the same name."""
        child = self.child(command.name)
        if child is not None:
            child.command = command

    def _start_or_stop(self, child: Child) -> None:
        if child.is_running:
            child.stop()
        else:
            child.command = on_stream(child.command, self._stream)
            child.start()

    def _offer_choice(self) -> None:
        self.choose_button.setVisible(ENGINE not in self.buttons)

    def _add(self, child: Child) -> QPushButton:
        name = child.command.name
        key = f" ({key_of(name)})" if name in ACTIONS else ""
        about = tip(f"{_purpose(child)}; a program of its own{key}")
        toggle = button(f"Start {name}", about, partial(self._start_or_stop, child))
        child.running.connect(lambda on: self._on_running(name, on))
        child.logged.connect(self.logged)
        if name == ENGINE:
            child.logged.connect(self.engine_logged)
        child.died.connect(lambda why: self._on_died(child, why))
        self._policies[name] = RestartPolicy(f"press Start {name}{key}")
        self.buttons[name] = toggle
        return toggle

    def _on_running(self, name: str, running: bool) -> None:
        self.buttons[name].setText(f"{'Stop' if running else 'Start'} {name}")
        self.runs.emit(name, running)
        if running:
            self.well.emit(name)

    def _on_died(self, child: Child, why: str) -> None:
        name = child.command.name
        worked = child.age_s >= LEAST_S
        advice = self._policies[name].why_not(child.exit_code, worked, time.monotonic())
        if advice:
            self.problem.emit(then(why, advice), name)
            return
        child.start()
        self.problem.emit(then(why, AGAIN), name)
        # The problem is over only when the restarted program has run for some seconds.
        pid = child.pid
        QTimer.singleShot(
            round(1000 * LEAST_S),
            self,
            lambda: self.well.emit(name) if child.is_running and child.pid == pid else None,
        )


def _purpose(child: Child) -> str:
    name = child.command.name
    if name == ENGINE and (model := model_of(child.command)):
        return f"Decodes the signal with the model {model}"
    return _PURPOSES.get(name, name)
