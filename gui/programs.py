"""Buttons that start and stop the programs the dashboard was opened with."""

import time
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui.pieces import button
from gui.process import Child, Command
from gui.revival import LEAST_S, Revival

_DOES = {
    "engine": "Decodes the signal with a model",
    "replay": "Streams the recording as if it were live",
}
KEYS = {"engine": "Ctrl+E", "replay": "Ctrl+P"}


class Programs(QWidget):
    """One button a program; each is a child process of its own.

    One that crashes after it worked is started again.
    """

    said = Signal(str)
    problem = Signal(str, str)  # one sentence, and the program that it is about
    runs = Signal(str, bool)  # a program, and whether it runs now
    well = Signal(str)  # the program that runs now

    def __init__(self, commands: tuple[Command, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.processes = [Child(command, self) for command in commands]
        self.buttons: dict[str, QPushButton] = {}
        self._revivals: dict[str, Revival] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for child in self.processes:
            self._row.addWidget(self._add(child))

    def start(self) -> None:
        """Start them all."""
        for child in self.processes:
            child.start()

    def toggle(self, name: str) -> None:
        """Start a program or stop it; one that there is not is said to be missing."""
        if name in self.buttons:
            self.buttons[name].click()
        elif name == "engine":
            self.problem.emit(
                "There is no engine to start: calibrate a model (Ctrl+G) and use it, or open the "
                "dashboard with --model.",
                name,
            )

    def is_running(self, name: str) -> bool:
        """Whether a program runs as our child."""
        child = self._child(name)
        return child is not None and child.is_running

    def was_stopped(self, name: str) -> bool:
        """Whether a program ends, or ended, because the user wanted it."""
        child = self._child(name)
        return child is not None and child.asked_to_stop

    def use_model(self, folder: Path, command: Command) -> bool:
        """Have the engine decode with a model, without a sample lost where it runs already.

        Parameters
        ----------
        folder : Path
        command : Command
            How an engine with this model is started.

        Returns
        -------
        swapped : bool
            Whether a running engine was told, which may refuse; else one is started.
        """
        child = self._child(command.name)
        if child is not None and child.is_running:
            child.write_line(f"use {folder}")
            return True
        if child is None:
            child = Child(command, self)
            self.processes.append(child)
            self._row.addWidget(self._add(child))
        child.command = command
        child.start()
        return False

    def set_command(self, command: Command) -> None:
        """How a program is started the next time."""
        child = self._child(command.name)
        if child is not None:
            child.command = command

    def _child(self, name: str) -> Child | None:
        return next((child for child in self.processes if child.command.name == name), None)

    def _add(self, child: Child) -> QPushButton:
        name = child.command.name
        key = f" ({KEYS[name]})" if name in KEYS else ""
        toggle = button(f"Start {name}", f"{_DOES.get(name, name)}; a program of its own{key}")
        toggle.clicked.connect(lambda: child.stop() if child.is_running else child.start())
        child.running.connect(lambda on: self._on_running(name, on))
        child.said.connect(self.said)
        child.died.connect(lambda why: self._on_died(child, why))
        self._revivals[name] = Revival(f"press Start {name}{key}")
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
        refusal = self._revivals[name].refusal(child.exit_code, worked, time.monotonic())
        if refusal:
            self.problem.emit(f"{why}. {refusal}", name)
            return
        child.start()
        self.problem.emit(f"{why}. It is started again.", name)
        # That it was started says nothing yet: all is well once it has lasted.
        pid = child.pid
        QTimer.singleShot(
            round(1000 * LEAST_S),
            self,
            lambda: self.well.emit(name) if child.is_running and child.pid == pid else None,
        )
