"""Buttons that start and stop the programs the dashboard was opened with."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui.pieces import button
from gui.process import Child, Command

_DOES = {
    "engine": "Decodes the signal with a model",
    "replay": "Streams the recording as if it were live",
}


class Programs(QWidget):
    """One button a program; each is a child process of its own."""

    said = Signal(str)
    problem = Signal(str, str)  # one sentence, and the program that it is about
    runs = Signal(str, bool)  # a program, and whether it runs now
    well = Signal(str)  # the program that runs now

    def __init__(self, commands: tuple[Command, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.processes = [Child(command, self) for command in commands]
        self.buttons: dict[str, QPushButton] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for child in self.processes:
            self._row.addWidget(self._add(child))

    def start(self) -> None:
        """Start them all."""
        for child in self.processes:
            child.start()

    def use_model(self, folder: Path, command: Command) -> bool:
        """Have the engine decode with a model, without a sample lost where it runs already.

        Parameters
        ----------
        folder : Path
        command : Command
            How an engine with this model is started, now or the next time.

        Returns
        -------
        swapped : bool
            Whether a running engine was told; else one is started.
        """
        child = next((c for c in self.processes if c.command.name == command.name), None)
        if child is None:
            child = Child(command, self)
            self.processes.append(child)
            self._row.addWidget(self._add(child))
        child.command = command
        if child.is_running:
            child.write_line(f"use {folder}")
            return True
        child.start()
        return False

    def _add(self, child: Child) -> QPushButton:
        name = child.command.name
        toggle = button(f"Start {name}", f"{_DOES.get(name, name)}; a program of its own")
        toggle.clicked.connect(lambda: child.stop() if child.is_running else child.start())
        child.running.connect(lambda on: self._on_running(name, on))
        child.said.connect(self.said)
        child.died.connect(
            lambda why: self.problem.emit(f"{why}. Press Start {name} to run it again.", name)
        )
        self.buttons[name] = toggle
        return toggle

    def _on_running(self, name: str, running: bool) -> None:
        self.buttons[name].setText(f"{'Stop' if running else 'Start'} {name}")
        self.runs.emit(name, running)
        if running:
            self.well.emit(name)
