"""The row of one bridge: name, state, start and stop, and parameters."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from bci.messages import PluginEntry
from bci.plugins.device_parameters import from_entry
from gui.bridges.bridge_process import KEYS
from gui.widgets.buttons import button, tool
from gui.widgets.labels import Sentence, plain
from gui.widgets.layouts import column_of, mark_wrong, named, row_of
from gui.widgets.parameter_form import ParameterForm

_STATE_LETTERS = 160


class BridgeRow(QWidget):
    """The row of one bridge; its buttons emit `start_wanted` and `stop_wanted`.

    The button Settings shows the parameters. They are shown at once if a needed one is missing.
    """

    start_wanted = Signal(dict)  # values by parameter
    stop_wanted = Signal()

    def __init__(self, entry: PluginEntry, values: dict[str, str]) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._cannot = entry.problem or ""
        self._running = False
        self.form = ParameterForm()
        self.form.set_parameters(
            [from_entry(each) for each in entry.parameters],
            [each.name for each in entry.parameters if each.needed],
            values,
        )
        self.form.changed.connect(self._judge)
        self.form.submitted.connect(self.toggle)
        name = plain(named(QLabel(entry.name), "heading"))
        self.settings = tool("Settings", f"Parameters of {entry.name}")
        self.settings.setCheckable(True)
        self.settings.toggled.connect(self.form.setVisible)
        self.push = button("Start", "", self.toggle, "narrow")
        about = named(Sentence(f"{entry.summary[:1].upper()}{entry.summary[1:]}"), "dim")
        about.setVisible(bool(entry.summary))
        self.state = named(Sentence("", _STATE_LETTERS), "state")
        self.problem = named(Sentence(), "problem")
        self.stop_keys = button("Stop keys", "", self.stop_wanted.emit, "stopkeys")
        self.stop_keys.setVisible(False)
        self._has_keys = entry.name == KEYS
        first = row_of((name, 1), self.settings, self.push, spacing=4)
        parts = first, about, self.form, self.state, self.problem, self.stop_keys
        self.setLayout(column_of(*parts, margins=(0, 4, 0, 8), spacing=4))
        self.settings.setVisible(bool(entry.parameters))
        self.settings.setChecked(bool(self.form.problem()) and not self._cannot)
        self.form.setVisible(self.settings.isChecked())
        self.show_state("", False, "")

    def toggle(self) -> None:
        """Stop the bridge if it runs; else start it if its parameters are complete."""
        if self._running:
            self.stop_wanted.emit()
        elif self.push.isEnabled():
            self.start_wanted.emit(self.form.values())

    def show_state(self, state: str, running: bool, failure: str) -> None:
        """Show whether the bridge runs, a sentence on its state, and its failure if any."""
        self._running, self._failure = running, failure
        self.state.setText(state)
        self.state.setVisible(bool(state))
        self.push.setText("Stop" if running else "Start")
        self.form.setEnabled(not running)
        self.stop_keys.setVisible(running and self._has_keys)
        self._judge()

    def _judge(self) -> None:
        missing = "" if self._running else self._cannot or self.form.problem()
        self.push.setEnabled(self._running or not missing)
        problem = missing or self._failure
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        mark_wrong(self.problem, bool(self._failure) or self.form.is_wrong)
